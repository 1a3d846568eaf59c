//! What was done during the call: what the agent says they do or have done, and what they had the
//! customer do, with what came of it.

use super::promises::Promised;
use super::sentence::Sentence;
use super::text::shorten;
use crate::describe::Role;
use crate::lang::Lang;
use sidetone_language::pattern::{fits_any, has};
use sidetone_language::tokens::Token;

/// Actions told of at most; later ones are left out.
const MOST: usize = 6;
/// Longest action, in characters.
const LENGTH: usize = 160;

/// The agent does it, or has done it.
const DONE: &[&str] = &[
    "i have sent",
    "i have put",
    "i have made",
    "i have given",
    "i have set",
    "i have taken",
    "i have reset",
    "i have done",
    "i have started",
    "i have found",
    "i have put",
    "i have blocked",
    "i have booked",
    "i have cancel*",
    "i have chang*",
    "i have updat*",
    "i have open*",
    "i have register*",
    "i have fil*",
    "i have correct*",
    "i have remov*",
    "i have add*",
    "i have activat*",
    "i have request*",
    "i have escalat*",
    "i have creat*",
    "i have issu*",
    "i have refund*",
    "i have process*",
    "i have submit*",
    "i have order*",
    "i have not*",
    "i have record*",
    "i have extend*",
    "i have credit*",
    "i have stop*",
    "i have restart*",
    "we have … for you",
    "has been",
    "have been",
    "is being",
    "are being",
    "is updating",
    "is restarting",
    "is resetting",
    "i just",
    "i am sending",
    "i am opening",
    "i am blocking",
    "i am creating",
    "i am processing",
    "i am starting",
    "i am cancelling",
    "i am canceling",
    "i am resetting",
    "i am restarting",
    "i am changing",
    "i am updating",
    "i am registering",
    "i am booking",
    "i am transferring",
    "i am adding",
    "i am removing",
    "i am issuing",
    "i am filing",
    "i am putting",
    "i am noting",
    "i will start",
    "i will open",
    "i will process",
    "i will issue",
    "i will block",
    "i will register",
    "i will reset",
    "i will restart",
    "i will cancel",
    "i will change",
    "i will update",
    "i will note",
    "i will file",
    "i will create",
    "i will put",
    "i will add",
    "i will remove",
    "i will waive",
    "i will escalate",
    "i will activate",
    "i will transfer",
    "i will connect",
    "i will submit",
    "i will report",
    "i will credit",
    "i will freeze",
    "i will lock",
    "i will extend",
    "i will … right now",
    "i will … straight away",
    "i will … immediately",
    "right now",
    "我已经",
    "已经为您",
    "已为您",
    "已经帮您",
    "已经给您",
    "已帮您",
    "已给您",
    "为您办理",
    "给您办理",
    "帮您办理",
    "为您登记",
    "给您登记",
    "帮您登记",
    "为您挂失",
    "帮您挂失",
    "给您挂失",
    "为您冻结",
    "帮您冻结",
    "给您冻结",
    "为您申请",
    "帮您申请",
    "给您申请",
    "为您提交",
    "帮您提交",
    "为您取消",
    "帮您取消",
    "给您取消",
    "为您开通",
    "帮您开通",
    "为您报案",
    "帮您报案",
    "为您立案",
    "帮您催",
    "为您催",
    "给您催",
    "为您重置",
    "帮您重置",
    "为您更改",
    "帮您更改",
    "帮您修改",
    "为您修改",
    "为您处理",
    "帮您处理",
    "给您处理",
    "为您转接",
    "帮您转接",
    "为您退",
    "帮您退",
    "给您退",
    "已登记",
    "已提交",
    "已记录",
    "已受理",
    "已经登记",
    "已经提交",
    "已经记录",
    "已经受理",
    "已经冻结",
    "已经挂失",
    "已经取消",
    "已经安排",
    "正在为您",
    "正在给您",
    "正在帮您",
    "现在为您",
    "马上为您",
    "这就为您",
    "立即为您",
    "马上帮您",
    "我帮您",
    "我为您",
    "我先帮您",
    "我先给您",
    "我这边帮您",
    "我这边给您",
];
/// Looking something up is no help yet; thanks and talk are no action.
const TRIFLES: &[&str] = &[
    "thank*",
    "sorry",
    "i have been told",
    "i have your",
    "let me check",
    "let me see",
    "let me have a look",
    "one moment",
    "hold the line",
    "hold on",
    "bear with me",
    "i understand",
    "i can see",
    "has been a pleasure",
    "nice talking",
    "i have a question",
    "have been waiting",
    "have been with us",
    "have been a customer",
    "have you",
    "right now i",
    "帮您看",
    "为您看",
    "给您看",
    "帮您查",
    "为您查",
    "给您查",
    "为您服务",
    "帮您核对",
    "帮您确认一下",
    "我帮您问",
    "请您稍等",
    "稍等",
    "查一下",
    "看一下",
    "理解您",
    "您已经",
];
/// What the agent has the customer do.
const ASKED: &[&str] = &[
    "please hold",
    "please press",
    "please restart",
    "please reboot",
    "please unplug",
    "please plug",
    "please switch",
    "please turn",
    "please try",
    "please open",
    "please click",
    "please enter",
    "please install",
    "please remove",
    "please reset",
    "please check",
    "please go to",
    "please disconnect",
    "please connect",
    "please wait until",
    "please close",
    "please pull",
    "please push",
    "please select",
    "please log",
    "please take",
    "please move",
    "please photograph",
    "please keep",
    "please hold down",
    "could you restart",
    "could you press",
    "can you restart",
    "can you unplug",
    "could you unplug",
    "could you switch",
    "can you switch",
    "try to restart",
    "重启",
    "拔掉",
    "拔下",
    "插上",
    "长按",
    "按住",
    "按一下",
    "请您打开",
    "请打开",
    "请您关闭",
    "请您关掉",
    "请您点击",
    "请点击",
    "请您输入",
    "请您先",
    "请先",
    "您试一下",
    "您试试",
    "您先把",
    "请您尝试",
    "麻烦您先",
    "请您检查",
    "请您拍",
    "请您重新",
];
/// Nothing to do but wait, spell or answer.
const ASKED_TRIFLES: &[&str] = &[
    "hold the line",
    "hold on",
    "please wait a",
    "please hold for",
    "please hold while",
    "please hold please",
    "please check your email",
    "提供",
    "稍等",
    "告诉我",
    "说一下",
    "报一下",
    "please take care",
    "please take your time",
];
/// The customer did it, and says so.
const DID: &[&str] = &[
    "i did",
    "did that",
    "done",
    "i have done",
    "it works",
    "works now",
    "is working",
    "working now",
    "now it is",
    "it is back",
    "is green",
    "it is on",
    "that helped",
    "still",
    "以后",
    "之后",
    "好了",
    "可以了",
    "弄好了",
    "重启了",
    "还是",
    "正常了",
    "有了",
    "恢复了",
    "变",
    "试了",
    "按了",
];

/// The actions of a call, in order, in the words in which they were told.
pub(super) fn actions(sentences: &[Sentence], promised: &[Promised], lang: Lang) -> Vec<String> {
    let mut actions: Vec<String> = Vec::new();
    for (at, sentence) in sentences.iter().enumerate() {
        if sentence.role != Role::Agent || actions.len() == MOST {
            continue;
        }
        let promises = promised.iter().any(|p| p.sentence == at);
        let found = if promises {
            // The promise is told of elsewhere; its other clauses may be actions.
            sentence
                .clauses()
                .into_iter()
                .find(|range| {
                    let clause = &sentence.tokens[range.clone()];
                    is_done(clause) && !is_promised(promised, at, sentence.words(range.clone()))
                })
                .map(|range| sentence.words(range).to_owned())
        } else if let Some(from) = done_from(sentence) {
            Some(capital(&sentence.text[sentence.tokens[from].span.start..]))
        } else if is_asked(&sentence.tokens) && sentence.condition.is_none() {
            Some(match outcome(sentences, at) {
                Some(result) => with_outcome(&sentence.text, result, lang),
                None => sentence.text.clone(),
            })
        } else {
            None
        };
        if let Some(action) = found.map(|action| shorten(&action, LENGTH))
            && !actions.contains(&action)
        {
            actions.push(action);
        }
    }
    actions
}

fn is_done(tokens: &[Token]) -> bool {
    has(tokens, DONE)
        && !has(tokens, TRIFLES)
        && !has(tokens, &["not", "不能", "无法", "没有办法", "没办法"])
}

/// The token from which on a sentence tells of something done; what stands before is comfort.
fn done_from(sentence: &Sentence) -> Option<usize> {
    if sentence.question || sentence.condition.is_some() {
        return None;
    }
    let mut clauses = sentence.clauses().into_iter();
    Some(
        clauses
            .find(|c| is_done(&sentence.tokens[c.clone()]))?
            .start,
    )
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).collect()
}

fn is_asked(tokens: &[Token]) -> bool {
    has(tokens, ASKED) && !has(tokens, ASKED_TRIFLES)
}

fn is_promised(promised: &[Promised], at: usize, words: &str) -> bool {
    let said = |p: &Promised| {
        p.sentence == at
            && p.due
                .as_ref()
                .is_some_and(|(day, _)| words.contains(day.as_str()))
    };
    promised.iter().any(said)
}

/// What the customer says right after, if that tells what came of it.
fn outcome(sentences: &[Sentence], at: usize) -> Option<&str> {
    let next = sentences[at + 1..]
        .iter()
        .find(|s| s.role == Role::Customer && s.turn == sentences[at].turn + 1)?;
    let did = has(&next.tokens, DID) && !next.question;
    let fillers = [
        "ok",
        "yes",
        "all right",
        "well",
        "so",
        "好的",
        "好",
        "嗯",
        "行",
    ];
    let mut from = 0;
    while let Some(end) = fits_any(&next.tokens, from, &fillers) {
        from = end;
    }
    (did && from < next.tokens.len()).then(|| next.words(from..next.tokens.len()))
}

fn with_outcome(action: &str, result: &str, lang: Lang) -> String {
    let action = action.trim_end_matches(['.', '。']);
    if lang == Lang::ZH {
        format!("{action}（客户：{result}）")
    } else {
        format!("{action} (customer: {result})")
    }
}
