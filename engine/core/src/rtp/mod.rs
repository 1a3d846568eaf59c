//! RTP (RFC 3550): datagrams in, sound on the call's timeline out.
