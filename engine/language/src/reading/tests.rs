use super::*;
use crate::spoken::spoken;

fn read(text: &str, thing: &str) -> Reading {
    let lexicon = Lexicon::built_in();
    let tokens = spoken([text], &lexicon);
    let thing = spoken([thing], &lexicon);
    let mut places = tokens.windows(thing.len());
    let is_it = |part: &[crate::spoken::Spoken]| {
        part.iter()
            .zip(&thing)
            .all(|(a, b)| a.token.text == b.token.text)
    };
    let start = places.position(is_it).expect("the thing is said");
    Reading::of(&lexicon, &tokens, &(start..start + thing.len()))
}

#[test]
fn only_what_those_who_talk_do_or_want_is_their_own() {
    for (text, thing, expected) in [
        ("I will sue you", "sue", true),
        ("I am taking you to court", "taking you to court", true),
        ("I am owed compensation", "owed", true),
        ("my sister's a barrister so she knows", "barrister", false),
        ("you will hear from my lawyer", "lawyer", true),
        ("my lawyer will write to you", "lawyer", true),
        ("my husband will call his lawyer", "lawyer", true),
        ("my wife says we should go to court", "court", true),
        (
            "my neighbour is always threatening to sue somebody",
            "sue",
            false,
        ),
        ("the debt collector says he will sue me", "sue", false),
        ("my daughter is a retired judge", "judge", false),
        ("my daughter works for a law firm", "law firm", false),
        (
            "they said on the radio that the watchdog has fined somebody",
            "watchdog",
            false,
        ),
        (
            "I read on your website that I can go to the ombudsman",
            "ombudsman",
            true,
        ),
        (
            "I would only have gone to the ombudsman for a refund",
            "ombudsman",
            false,
        ),
        (
            "I went to the ombudsman about it years ago",
            "ombudsman",
            false,
        ),
        (
            "a letter for my solicitor who is handling the purchase",
            "solicitor",
            false,
        ),
        ("his lawyer sent me letter", "lawyer", false),
        ("people are suing the water company", "suing", false),
        ("your manager promised me that", "manager", false),
        ("does it include fraud cover", "fraud", false),
        ("我要起诉你们", "起诉", true),
        ("对方律师给我打电话了", "律师", false),
        ("我舅舅跟单位打官司", "打官司", false),
        ("你们经理已经给我回过电话了", "经理", false),
        ("催收的人说要起诉我", "起诉", false),
        ("我女儿是律师", "律师", false),
        ("我找律师了", "律师", true),
        ("新闻里说有家银行被起诉了", "起诉", false),
        ("要不是你们退钱我早就起诉了", "起诉", false),
        ("本来想起诉的", "起诉", false),
    ] {
        assert_eq!(read(text, thing).is_own(), expected, "{text}");
    }
}

#[test]
fn what_a_body_says_is_no_threat() {
    for (text, thing, expected) in [
        ("Ofcom say I have fourteen days", "Ofcom", true),
        ("we will see what Ofcom says about it", "Ofcom", false),
        ("my lawyer says you broke the contract", "lawyer", false),
        ("the solicitor needs it for probate", "solicitor", true),
        ("I will sue over this mortgage", "sue", false),
        ("工信部规定几天能办好", "工信部", true),
        ("工信部的规定是什么", "工信部", true),
        ("看看工信部怎么说", "工信部", false),
        ("消费者协会在几楼", "消费者协会", true),
        ("我要去消费者协会", "消费者协会", false),
    ] {
        assert_eq!(read(text, thing).mentioned, expected, "{text}");
    }
}

#[test]
fn a_figure_of_speech_endangers_nobody() {
    for (text, thing, expected) in [
        ("this music makes me want to die", "want to die", true),
        ("these debts make me want to die", "want to die", false),
        ("I want to die of boredom", "want to die", true),
        (
            "my son wants to die he is on the phone",
            "wants to die",
            false,
        ),
        (
            "my broadband has been off for weeks and I want to die",
            "want to die",
            false,
        ),
        ("a man jumped off the bridge", "jumped off", true),
        ("my son wants to jump off the bridge", "jump off", false),
        ("这个网速真让人想死", "想死", true),
        ("这笔债逼得我想死", "想死", false),
        ("我们小店都快撑不下去了", "撑不下去", true),
        ("我撑不下去了", "撑不下去", false),
        ("新闻说有个明星自杀了", "自杀", true),
        ("我儿子说要自杀", "自杀", false),
    ] {
        assert_eq!(!read(text, thing).is_earnest(false), expected, "{text}");
    }
}

#[test]
fn praise_and_anger_at_own_people_are_friendly() {
    for (text, thing, expected) in [
        ("that is ridiculous how cheap it is", "ridiculous", true),
        ("this is ridiculous", "ridiculous", false),
        ("this is ridiculous and not brilliant", "ridiculous", false),
        ("I am so angry at my son", "angry", true),
        ("I am so angry with you", "angry", false),
        ("太过分了，这么便宜", "太过分", true),
        ("太过分了，这么久", "太过分", false),
        ("真是气人，我儿子把光猫摔了", "气人", true),
        ("真是气人，修了三次", "气人", false),
    ] {
        assert_eq!(read(text, thing).friendly, expected, "{text}");
    }
}

#[test]
fn a_question_whether_it_is_so_is_no_report() {
    for (text, thing, expected) in [
        ("is this number a fraud", "fraud", true),
        ("this is fraud", "fraud", false),
        ("is it a fraud that my money is gone", "fraud", false),
        ("这个电话是诈骗吗", "诈骗", true),
        ("我是不是遇到诈骗了", "诈骗", false),
    ] {
        assert_eq!(read(text, thing).asked, expected, "{text}");
    }
}

#[test]
fn a_fact_is_told_as_so() {
    for (text, thing, expected) in [
        ("I lost my job", "lost my job", true),
        ("if I lose my job can I pause it", "lose my job", false),
        ("if you cannot help I have no power", "no power", true),
        ("back in the eighties we had no power", "no power", false),
        ("家里断网三天了", "断网", true),
        ("要是哪天真断网三天，你们管不管", "断网", false),
        ("前几年断网三天", "断网", false),
        ("colleague of mine was scammed", "scammed", false),
        ("my mum was scammed", "scammed", true),
        ("article about fraud", "fraud", false),
        ("我室友的卡被盗刷了", "盗刷", false),
        ("防诈骗的功能", "诈骗", false),
    ] {
        assert_eq!(read(text, thing).is_fact(), expected, "{text}");
    }
}
