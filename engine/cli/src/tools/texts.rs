//! The words around what is said in a call, in the language of whoever watches.

use sidetone_types::emotion::Mood;

/// Headings and other words of ours. What rules, articles and the CRM say comes in their own
/// language.
#[derive(Debug)]
pub struct Texts {
    pub agent: &'static str,
    pub customer: &'static str,
    pub card: &'static str,
    pub alert: &'static str,
    /// Of an alert that cannot wait.
    pub critical: &'static str,
    pub cleared: &'static str,
    pub withdrawn: &'static str,
    pub felt: &'static str,
    pub strain: &'static str,
    pub summary: &'static str,
    pub crm: &'static str,
    pub ticket: &'static str,
    pub open_ticket: &'static str,
    pub last_contact: &'static str,
    pub task: &'static str,
    pub due: &'static str,
    pub trying_again: &'static str,
    pub given_up: &'static str,
    pub not_recognised: &'static str,
    /// Above the call, with its name and its seconds.
    pub intro: &'static str,
    /// That moods are read.
    pub reads_moods: &'static str,
    /// How whoever is heard here is told so.
    pub mood_notice: &'static str,
    pub desk: &'static str,
    pub desk_stays: &'static str,
    /// The moods, in the order of [`Mood::ALL`].
    moods: [&'static str; 5],
    /// What is put into the closing figures.
    pub figures: Figures,
}

/// The closing figures, with `{}` where numbers stand.
#[derive(Debug)]
pub struct Figures {
    pub call: &'static str,
    pub calls: &'static str,
    pub words: &'static str,
    pub helps: &'static str,
    pub packets: &'static str,
    /// Opens and closes the 95th percentile.
    pub p95: (&'static str, &'static str),
}

impl Texts {
    pub const EN: Self = Self {
        agent: "agent",
        customer: "customer",
        card: "card",
        alert: "alert",
        critical: "ALERT",
        cleared: "cleared",
        withdrawn: "withdrawn",
        felt: "mood",
        strain: "strain",
        summary: "summary",
        crm: "CRM",
        ticket: "ticket",
        open_ticket: "open ticket",
        last_contact: "last contact",
        task: "task",
        due: "due",
        trying_again: "trying again",
        given_up: "given up",
        not_recognised: "not recognised",
        intro: "{}: {} s of real RTP to an engine on this machine. All voices are synthetic.",
        reads_moods: "The customer's mood is read from their voice in this demo. Elsewhere that is off until a \
                      configuration turns it on (call.emotion).",
        mood_notice: "A demo with synthetic voices: there is nobody to tell.",
        desk: "The agent's desk",
        desk_stays: "The desk stays open until Ctrl-C",
        moods: ["neutral", "anger", "sadness", "happiness", "other"],
        figures: Figures {
            call: "1 call",
            calls: "{} calls",
            words: "{} utterances: first words {} after speech began, final ones {} after it ended.",
            helps: "{} cards {} after the words that brought them up, {} alerts {}.",
            packets: "{} of {} packets lost.",
            p95: (" (p95 ", ")"),
        },
    };

    pub const ZH: Self = Self {
        agent: "坐席",
        customer: "客户",
        card: "话术",
        alert: "提醒",
        critical: "告警",
        cleared: "已解除",
        withdrawn: "已撤回",
        felt: "情绪",
        strain: "紧张度",
        summary: "小结",
        crm: "CRM",
        ticket: "工单",
        open_ticket: "未结工单",
        last_contact: "上次联系",
        task: "任务",
        due: "截止",
        trying_again: "正在重试",
        given_up: "已放弃",
        not_recognised: "未识别",
        intro: "{}：{} 秒真实 RTP 语音发往本机引擎，所有声音均为合成。",
        reads_moods: "本演示会根据客户的声音分析情绪。正式部署默认关闭，须在配置中开启（call.emotion）。",
        mood_notice: "演示所用声音均为合成，无人需要告知。",
        desk: "坐席工作台",
        desk_stays: "工作台保持打开，按 Ctrl-C 退出",
        moods: ["平静", "愤怒", "悲伤", "高兴", "其他"],
        figures: Figures {
            call: "1 通电话",
            calls: "{} 通电话",
            words: "{} 句话：开口后 {} 出现首批文字，说完后 {} 给出定稿。",
            helps: "触发词之后 {1} 给出 {0} 张话术卡片，{3} 给出 {2} 个告警。",
            packets: "共 {1} 个数据包，丢失 {0} 个。",
            p95: ("（95% 在 ", " 内）"),
        },
    };

    /// What a mood is called; the event's own word if it is a new one.
    pub fn mood<'a>(&self, mood: &'a str) -> &'a str {
        let known = Mood::ALL.iter().position(|known| known.as_str() == mood);
        known.map_or(mood, |at| self.moods[at])
    }
}

/// Puts `values` in the places of a text: `{}` takes the next, `{1}` the second.
pub fn fill(text: &str, values: &[&str]) -> String {
    let mut filled = String::new();
    let mut next = values.iter();
    let mut parts = text.split('{');
    filled.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (place, rest) = part
            .split_once('}')
            .expect("our texts close what they open");
        let value = match place.parse::<usize>() {
            Ok(at) => values.get(at),
            Err(_) => next.next(),
        };
        filled.push_str(value.expect("as many values as places"));
        filled.push_str(rest);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_the_language_wants_them() {
        assert_eq!(fill("{} of {} lost", &["1", "2"]), "1 of 2 lost");
        assert_eq!(
            fill("共 {1} 个，丢失 {0} 个", &["1", "2"]),
            "共 2 个，丢失 1 个"
        );
    }

    #[test]
    fn moods_have_names_in_both_languages() {
        assert_eq!(Texts::EN.mood("anger"), "anger");
        assert_eq!(Texts::ZH.mood("anger"), "愤怒");
        assert_eq!(Texts::ZH.mood("boredom"), "boredom");
    }
}
