//! What a call was about, in a few words.
//!
//! Every call is short, so that counting alone tells little. English: words that are not everyday ones,
//! and pairs of them. Mandarin: words of a small general lexicon, and else what stands between
//! characters that make no words. The caller's own terms come first: it knows its trade.

use std::collections::HashMap;

use super::sentence::Sentence;
use crate::describe::Role;
use sidetone_language::pattern::{fits, fits_any};
use sidetone_language::tokens::{Gap, Token, tokenise};

/// Keywords at the most.
const MOST: usize = 8;

/// The most telling words and phrases, best first. `terms` are preferred where they were said.
pub(super) fn keywords(sentences: &[Sentence], terms: &[String], reason: &str) -> Vec<String> {
    let mut found = Found::default();
    for sentence in sentences {
        let weight = if sentence.role == Role::Customer {
            1.2
        } else {
            1.0
        };
        terms_in(&mut found, &sentence.tokens, terms, weight);
        english(&mut found, &sentence.tokens, weight);
        chinese(&mut found, &sentence.tokens, weight);
    }
    let mut all: Vec<(String, Weight)> = found.0.into_iter().collect();
    let reason = reason.to_lowercase();
    for (word, weight) in &mut all {
        if reason.contains(word.as_str()) {
            weight.score *= 1.5;
        }
    }
    all.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score).then(a.first.cmp(&b.first)));
    let mut chosen: Vec<String> = Vec::new();
    for (word, _) in all {
        // A word that is part of a phrase already chosen says nothing more, nor the other way round.
        let covered = chosen
            .iter()
            .any(|c| contains_words(c, &word) || contains_words(&word, c));
        if !covered {
            chosen.push(word);
        }
        if chosen.len() == MOST {
            break;
        }
    }
    chosen
}

fn contains_words(phrase: &str, part: &str) -> bool {
    if phrase.is_ascii() {
        format!(" {phrase} ").contains(&format!(" {part} "))
    } else {
        phrase.contains(part)
    }
}

#[derive(Default)]
struct Found(HashMap<String, Weight>);

struct Weight {
    score: f64,
    /// Which was found before which, so that the order does not depend on chance.
    first: usize,
}

impl Found {
    fn add(&mut self, word: String, score: f64) {
        let first = self.0.len();
        self.0
            .entry(word)
            .or_insert(Weight { score: 0.0, first })
            .score += score;
    }
}

fn terms_in(found: &mut Found, tokens: &[Token], terms: &[String], weight: f64) {
    for term in terms {
        let pattern: Vec<String> = tokenise(term).into_iter().map(|t| t.text).collect();
        if pattern.is_empty() {
            continue;
        }
        let pattern = pattern.join(" ");
        let times = (0..tokens.len())
            .filter(|&at| fits(tokens, at, &pattern).is_some())
            .count();
        if times > 0 {
            found.add(term.to_lowercase(), 3.0 * weight * times as f64);
        }
    }
}

/// Words that say nothing of what a call is about.
const EVERYDAY: &str = " a an the this that these those there here i you he she it we they me him her us them my your his \
its our their mine yours who whom whose which what when where why how and or but so if then than because while as of at by \
for with about against between into through during before after above below to from up down in out on off over under again \
further once is am are was were be been being have has had having do does did doing done will would shall should can could \
may might must not no nor only own same too very just also even still yet already ever never always often sometimes now \
today tomorrow yesterday tonight morning afternoon evening night day days week weeks month months year years hour hours \
minute minutes second seconds time times monday tuesday wednesday thursday friday saturday sunday january february march \
april june july august september october november december first third fourth fifth last next all any both each few more \
most other another some such one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen \
sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand zero double \
hello hi hey goodbye bye thanks thank please sorry yes yeah yep ok right sure fine good great nice very well welcome \
understand understood see seen saw look looks looking want wanted wants need needs needed like liked likes would get gets \
got getting go goes going gone come comes coming came make makes made making take takes taking took give gives gave given \
say says said saying tell tells told ask asked asking know knows known think thought mean means let lets try tried use \
used using help helps call calls called calling speak speaking hear heard hold wait waiting keep keeps start started stop \
put set send sent sending receive received show shows seem seems feel find found thing things something anything nothing \
everything someone anyone everyone way lot bit kind sort part name number numbers phone mr mrs ms sir madam calling back \
able possible interesting happy hope have day lovely wonderful perfect really actually maybe perhaps probably exactly \
quite much many little big small new old long short high low better best worse sound sounds right away moment soon later \
customer service team colleague agent support dollars dollar euros pounds percent email mail address turns turn move \
moved happen happened happens matter problem problems question questions issue reason case able okay um uh oh ah hm \
business frustration unacceptable inconvenience apologize apologise apologies course certainly absolutely confirm check \
checked checking says work works working worked home side end live stay bring leave left change ready sign spell follow \
person people somebody man woman else every enough around within without until since however therefore whether though \
although am pm via per us done yourself myself ourselves themselves ago already anyway alright available nobody line open department heard update show shown joe glad fill reach talk put \
hundred provide assist pleasure joe back keep really please let ";

fn is_content(token: &Token) -> bool {
    let word = token.text.as_str();
    word.len() > 2
        && word.chars().all(|c| c.is_alphabetic())
        && !token.is_han()
        && !EVERYDAY.contains(&format!(" {word} "))
        && !word.ends_with("ly")
}

fn english(found: &mut Found, tokens: &[Token], weight: f64) {
    for (at, token) in tokens.iter().enumerate() {
        if !is_content(token) {
            continue;
        }
        // Long words are rarer ones, and endings tell nouns from verbs.
        let verb = token.text.ends_with("ing") || token.text.ends_with("ed");
        let rare = (token.text.len().min(12) as f64 / 8.0) * if verb { 0.5 } else { 1.0 };
        found.add(token.text.clone(), weight * (0.5 + rare));
        if let Some(next) = tokens.get(at + 1)
            && is_content(next)
            && next.gap.joins()
        {
            found.add(
                format!("{} {}", token.text, next.text),
                weight * (1.1 + rare),
            );
        }
    }
}

/// Words of any trade that deals with customers.
const LEXICON: &[&str] = &[
    "宽带",
    "断网",
    "路由器",
    "套餐",
    "光纤",
    "流量",
    "话费",
    "网络",
    "信号",
    "光猫",
    "漫游",
    "退款",
    "退货",
    "退费",
    "重复扣",
    "扣款",
    "扣费",
    "账单",
    "发票",
    "合同",
    "投诉",
    "工信部",
    "消协",
    "律师",
    "赔偿",
    "补偿",
    "优惠",
    "报价",
    "价格",
    "费用",
    "账户",
    "账号",
    "密码",
    "余额",
    "利息",
    "年费",
    "还款",
    "贷款",
    "额度",
    "逾期",
    "银行卡",
    "信用卡",
    "新卡",
    "挂失",
    "补卡",
    "盗刷",
    "转账",
    "冻结",
    "理赔",
    "保险",
    "保单",
    "保费",
    "续保",
    "退保",
    "报案",
    "事故",
    "追尾",
    "定损",
    "查勘员",
    "修理厂",
    "车险",
    "理赔资料",
    "医疗险",
    "快递",
    "包裹",
    "快件",
    "派送",
    "签收",
    "物流",
    "运单号",
    "寄件",
    "丢失",
    "破损",
    "地址",
    "订单",
    "商品",
    "电费",
    "电表",
    "停电",
    "燃气",
    "水费",
    "抄表",
    "漏水",
    "漏气",
    "暖气",
    "师傅",
    "上门",
    "维修",
    "安装",
    "预约",
    "故障",
    "红灯",
    "升级",
    "取消",
    "解约",
    "注销",
    "隐私",
    "个人信息",
    "骚扰电话",
    "主管",
    "经理",
    "积分",
    "会员",
    "机票",
    "航班",
    "酒店",
    "改签",
    "行李",
    "邮箱",
    "资料",
    "短信",
    "验证码",
    "手机",
    "身份证",
    "网速",
    "五百兆",
    "重启",
    "材料",
    "表格",
    "赔付",
    "申请",
];

/// Characters that hold sentences together and begin or end no word worth keeping.
const GRAMMAR: &str = "的了是我你您他她它们这那有没在就和也都吧吗呢啊呀哦嗯把被给到请会要能不很太再又还才但而或与及跟对从向为以因所\
如果若可得地着过上下里外前后来去说看听想问让叫做用个些次两一二三四五六七八九十百千万零元块角分号月日年天周时点几多少什么怎样么谁哪\
好行谢麻烦抱歉稍等现马非常已经最总老真只比较每自己本此其之等将需应该起家先生女士各位话电打帮办理确认解决到底知道觉得感到祝愉快再见\
心情理解正刚直句便且却并于由当变提供发收送回遇处服务贵嘛啦喂";

fn chinese(found: &mut Found, tokens: &[Token], weight: f64) {
    let mut at = 0;
    let mut run = 0..0;
    while at <= tokens.len() {
        let known = fits_any(tokens, at, LEXICON).filter(|end| *end > at);
        let plain = tokens.get(at).is_some_and(|t| {
            let goes_on = run.is_empty() || t.gap == Gap::None;
            t.is_han() && goes_on && !GRAMMAR.contains(t.text.as_str())
        });
        if known.is_none() && plain {
            run = if run.is_empty() {
                at..at + 1
            } else {
                run.start..at + 1
            };
            at += 1;
            continue;
        }
        // Two to four characters between such: most likely a word, less surely than a known one.
        if (2..=4).contains(&run.len()) {
            found.add(text(&tokens[run.clone()]), weight * 0.9);
        }
        run = 0..0;
        if let Some(end) = known {
            let word = text(&tokens[at..end]);
            let rare = word.chars().count() as f64 / 3.0;
            found.add(word, weight * (1.0 + rare));
            at = end;
        } else if tokens
            .get(at)
            .is_some_and(|t| t.gap != Gap::None && t.is_han())
            && !GRAMMAR.contains(tokens[at].text.as_str())
        {
            run = at..at + 1;
            at += 1;
        } else {
            at += 1;
        }
    }
}

fn text(tokens: &[Token]) -> String {
    tokens.iter().map(|t| t.text.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;
    use crate::time::MediaTime;
    use crate::wrap_up::facts::Line;
    use crate::wrap_up::sentence::sentences;

    fn of(text: &str, terms: &[&str]) -> Vec<String> {
        let line = Line {
            role: Role::Customer,
            lang: Lang::EN,
            start: MediaTime::ZERO,
            end: MediaTime::from_millis(1000),
            text: text.to_owned(),
        };
        let terms: Vec<String> = terms.iter().map(|t| (*t).to_owned()).collect();
        keywords(&sentences(&[line]), &terms, "")
    }

    #[test]
    fn telling_words_are_found() {
        for (text, expected) in [
            ("You could move to the fiber plan.", "fiber plan"),
            ("I was charged twice and I want a refund.", "refund"),
            ("The router light turns red.", "router light"),
            ("我家的宽带最近总是断网，路由器亮红灯。", "断网"),
            ("我們有五百兆的光纖套餐", "套餐"),
            ("我的洗衣机漏电了", "洗衣机漏"),
        ] {
            assert!(
                of(text, &[]).contains(&expected.to_owned()),
                "{expected}: {:?}",
                of(text, &[])
            );
        }
        assert_eq!(
            of("Okay, thank you, goodbye. 好的，谢谢您，再见。", &[]),
            [""; 0]
        );
    }

    #[test]
    fn the_callers_terms_come_first() {
        let words = of("My claim for the windscreen of my Passat", &["windscreen"]);
        assert_eq!(words[0], "windscreen");
    }
}
