//! Whole calls against a script: a detector that takes loud for voice, a recogniser that says what it is told to.
