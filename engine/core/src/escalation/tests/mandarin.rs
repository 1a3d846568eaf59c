//! What Mandarin callers say, and what is heard of it.

use super::check;
use sidetone_types::lang::Lang;
use sidetone_types::party::Side;

const CHURN: &str = "流失风险";
const REGULATOR: &str = "监管投诉";
const LEGAL: &str = "法律威胁";
const SUPERVISOR: &str = "要求主管";
const PRIVACY: &str = "隐私请求";
const COMPENSATION: &str = "要求赔偿";
const URGENT: &str = "紧急承诺";
const REPEATED: &str = "重复来电";
const DISSATISFIED: &str = "强烈不满";
const COMPLAINT: &str = "投诉";
const EXPOSURE: &str = "媒体曝光";
const ABUSE: &str = "辱骂";
const VULNERABLE: &str = "弱势客户";
const SELF_HARM: &str = "自伤风险";
const FRAUD: &str = "欺诈报案";
const PORTING: &str = "携号转网";
const OUTAGE: &str = "长时间断网";
const BILL: &str = "账单异常";
const FEE: &str = "违约金咨询";

#[test]
fn customers_say_it_in_many_trades() {
    check(
        Lang::ZH,
        Side::Customer,
        &[
            ("我要取消我的合同。", &[CHURN]),
            ("我想退保，怎么办理？", &[CHURN]),
            ("我要把账户注销掉。", &[CHURN]),
            ("那我就换一家保险公司。", &[CHURN]),
            ("以后再也不用你们的快递了。", &[CHURN]),
            ("明年我不续保了。", &[CHURN]),
            ("别家更便宜，我考虑别家了。", &[CHURN]),
            ("我要把钱全部转走。", &[CHURN]),
            ("这个会员我不想继续用了。", &[CHURN]),
            ("我要解约。", &[CHURN]),
            ("我就要投诉到工信部。", &[REGULATOR, COMPLAINT]),
            ("我打12315去。", &[REGULATOR]),
            ("我打一二三一五投诉你们。", &[REGULATOR, COMPLAINT]),
            ("我要找消费者协会。", &[REGULATOR]),
            ("我会向银保监会反映。", &[REGULATOR]),
            ("我已经打了12378。", &[REGULATOR]),
            ("我去邮政管理局告你们。", &[REGULATOR, LEGAL]),
            ("我要找市场监管局。", &[REGULATOR]),
            ("我会向能源局举报。", &[REGULATOR]),
            ("我让监管部门来查。", &[REGULATOR]),
            ("我要实名举报你们。", &[REGULATOR]),
            ("我会请律师处理。", &[LEGAL]),
            ("等着收律师函吧。", &[LEGAL]),
            ("我要起诉你们公司。", &[LEGAL]),
            ("咱们法院见。", &[LEGAL]),
            ("大不了打官司。", &[LEGAL]),
            ("我要告你们。", &[LEGAL]),
            ("我会走法律程序。", &[LEGAL]),
            ("那就申请仲裁。", &[LEGAL]),
            ("叫你们经理来听电话。", &[SUPERVISOR]),
            ("我要找你们领导。", &[SUPERVISOR]),
            ("麻烦转接一下主管。", &[SUPERVISOR]),
            ("让负责人给我回话。", &[SUPERVISOR]),
            ("你们店长在吗？", &[SUPERVISOR]),
            ("给我换个人来说。", &[SUPERVISOR]),
            ("找个能做主的人。", &[SUPERVISOR]),
            ("你们站长电话多少？", &[SUPERVISOR]),
            ("请删除我的个人信息。", &[PRIVACY]),
            ("谁给你们我的电话号码？", &[PRIVACY]),
            ("你们是不是泄露了我的资料？", &[PRIVACY]),
            ("不要再给我打电话了。", &[PRIVACY]),
            ("你们从哪里弄到我的手机号？", &[PRIVACY]),
            ("没有经过我同意就开通了。", &[PRIVACY]),
            ("我要求赔偿。", &[COMPENSATION]),
            ("我的损失谁来承担？", &[COMPENSATION]),
            ("你们必须给我补偿。", &[COMPENSATION]),
            ("快递摔坏了，你们得赔。", &[COMPENSATION]),
            ("今天必须给我解决。", &[URGENT]),
            ("两个小时之内给我答复。", &[URGENT]),
            ("我等不及了。", &[URGENT]),
            ("最晚今天晚上要送到。", &[URGENT]),
            ("这件事很急。", &[URGENT]),
            ("我已经打了三次电话了。", &[REPEATED]),
            ("这是我第四次打电话来了。", &[REPEATED]),
            ("你们一直没人给我回复。", &[REPEATED]),
            ("你们部门之间踢皮球。", &[REPEATED]),
            ("每次都说让我等。", &[REPEATED]),
            ("你们的服务太差了。", &[DISSATISFIED]),
            ("这个结果我不能接受。", &[DISSATISFIED]),
            ("简直太过分了。", &[DISSATISFIED]),
            ("我非常失望。", &[DISSATISFIED]),
            ("你们到底能不能解决？", &[DISSATISFIED]),
            ("我要投诉这个快递员。", &[COMPLAINT]),
            ("我要发到抖音上。", &[EXPOSURE]),
            ("我去找媒体曝光你们。", &[EXPOSURE]),
            ("你们这帮王八蛋。", &[ABUSE]),
            ("我爸爸上个月去世了。", &[VULNERABLE]),
            ("我失业了，还不上贷款。", &[VULNERABLE]),
            ("我真的不想活了。", &[SELF_HARM]),
            ("我的卡被盗刷了。", &[FRAUD]),
            ("这笔钱不是我本人转的。", &[FRAUD]),
            ("我要携号转网。", &[PORTING]),
            ("家里断网三天了。", &[OUTAGE]),
            ("话费怎么这么高？", &[BILL]),
            ("提前解约要多少钱？", &[CHURN, FEE]),
        ],
    );
}

#[test]
fn several_things_in_one_breath_are_all_heard() {
    check(
        Lang::ZH,
        Side::Customer,
        &[
            ("包裹里的东西全碎了，你们要照价赔偿。", &[COMPENSATION]),
            ("我律师说你们必须赔。", &[LEGAL, COMPENSATION]),
            ("我要打邮政12305投诉。", &[REGULATOR]),
            ("找一个说话管用的人来。", &[SUPERVISOR]),
            ("这事拖了三个星期了。", &[DISSATISFIED]),
            ("家里漏水了，赶紧派人来。", &[URGENT]),
            ("你们是不是把我的信息卖了？", &[PRIVACY]),
            (
                "如果星期五之前不处理，我就要投诉到工信部。",
                &[REGULATOR, COMPLAINT],
            ),
            (
                "我已经打了三次电话了，你们到底能不能解决？",
                &[REPEATED, DISSATISFIED],
            ),
            (
                "再不解决我就找律师，让你们经理接电话。",
                &[LEGAL, SUPERVISOR],
            ),
            ("不是要投诉，我是要退保。", &[CHURN]),
            ("没用，我要起诉。", &[LEGAL]),
        ],
    );
}

#[test]
fn near_misses_stay_quiet() {
    check(
        Lang::ZH,
        Side::Customer,
        &[
            ("我要陪孩子，晚点再说。", &[]),
            ("公摊电费怎么算？", &[]),
            ("上述材料我都有。", &[]),
            ("我电话怎么有杂音？", &[]),
            ("我还不清楚怎么操作。", &[]),
            ("我不是要投诉，就是问一下。", &[]),
            ("我不想取消合同。", &[]),
            ("我没说要起诉你们。", &[]),
            ("不用找经理了。", &[]),
            ("我不是要投诉到工信部。", &[]),
            ("我不需要赔偿。", &[]),
            ("我的经历是这样的。", &[]),
            ("我让孩子整理一下资料。", &[]),
            ("我还没领到礼品。", &[]),
            ("我们经理让我来问发票。", &[]),
            ("我是律师，想办一张卡。", &[]),
            ("请送到法院旁边的小区。", &[]),
            ("我想节约一点电费。", &[]),
            ("我想退包裹。", &[]),
            ("我换了一套小户型的房子。", &[]),
            ("请告诉我怎么缴费。", &[]),
            ("我想取消预约。", &[]),
            ("垃圾短信怎么屏蔽？", &[]),
            ("手续怎么办理？", &[]),
            ("我的事业单位证明要交吗？", &[]),
            ("我家的宽带最近总是断网，路由器亮红灯。", &[]),
            ("好的，重启以后灯变绿了。", &[]),
            ("一百兆的，有没有更快的套餐？", &[]),
            ("听起来不错，请把资料发到我的邮箱。", &[]),
            ("我这个月的话费被重复扣了两次，我要退款。", &[]),
            ("一三八零零一三八零一七。", &[]),
            ("我的号码是一三八一二三四五六七八。", &[]),
            ("好吧，再见。", &[]),
            ("我的快递什么时候到？", &[]),
            ("我想查一下理赔进度。", &[]),
            ("我想给车续保。", &[]),
            ("电费怎么交？", &[]),
            ("我想升级到五百兆的套餐。", &[]),
            ("在哪里查我的账单？", &[]),
            ("我的工作比较灵活。", &[]),
            ("我和老伴一起办卡。", &[]),
            ("流程太难了，您教教我。", &[]),
            ("我很积极地配合。", &[]),
            ("我每天都陪我妈妈。", &[]),
            ("他妈妈的电话换了。", &[]),
        ],
    );
}

#[test]
fn characters_that_were_heard_wrong_are_understood() {
    check(
        Lang::ZH,
        Side::Customer,
        &[
            ("我就要投诉到公信部", &[REGULATOR, COMPLAINT]),
            ("我就要头诉到公信不", &[REGULATOR, COMPLAINT]),
            ("我打要二三要五", &[REGULATOR]),
            ("我打幺二三幺五", &[REGULATOR]),
            ("我打 123 15", &[REGULATOR]),
            ("我要找小费者协会", &[REGULATOR]),
            ("我去隐保监会", &[REGULATOR]),
            ("我向银保间会反映", &[REGULATOR]),
            ("我要找市场坚管局", &[REGULATOR]),
            ("我去找消写", &[REGULATOR]),
            ("我打一二三七八", &[REGULATOR]),
            ("我要找邮正管理局", &[REGULATOR]),
            ("我要起速你们", &[LEGAL]),
            ("我会请律诗", &[LEGAL]),
            ("我找绿师告你们", &[LEGAL]),
            ("咱们法园见", &[LEGAL]),
            ("大不了打关司", &[LEGAL]),
            ("我会走法率程序", &[LEGAL]),
            ("叫你们精理来", &[SUPERVISOR]),
            ("我要找你们领到", &[]),
            ("我要找你们令导", &[SUPERVISOR]),
            ("让主官跟我说", &[SUPERVISOR]),
            ("转接主管一下", &[SUPERVISOR]),
            ("找富责人", &[SUPERVISOR]),
            ("你们漏洞泄路我信息", &[PRIVACY]),
            ("山除我的个人信息", &[PRIVACY]),
            ("删处我的个人信息", &[PRIVACY]),
            ("我要陪偿", &[COMPENSATION]),
            ("你们必须给我补尝", &[COMPENSATION]),
            ("我要精神损时费", &[COMPENSATION]),
            ("今天毕须给我解决", &[URGENT]),
            ("两个小时只内给我答复", &[URGENT]),
            ("今天之类必须解决", &[URGENT]),
            ("我已经打了山次电话了", &[]),
            ("我已经打了3次电话了", &[REPEATED]),
            ("这是第三次打电化了", &[REPEATED]),
            ("你们踢皮求", &[REPEATED]),
            ("我不能接收", &[DISSATISFIED]),
            ("什么太度", &[DISSATISFIED]),
            ("服务太渡太差", &[DISSATISFIED]),
            ("我要投速你们", &[COMPLAINT]),
            ("我要取消我的和同", &[CHURN]),
            ("我要取消我的合同书", &[CHURN]),
            ("我要注消账户", &[CHURN]),
            ("我要换一家公私", &[CHURN]),
            ("明年不续宝了", &[CHURN]),
            ("协号转网怎么办", &[PORTING]),
            ("我的卡被炸骗了", &[FRAUD]),
        ],
    );
}

#[test]
fn agents_raise_what_they_promise() {
    check(
        Lang::ZH,
        Side::Agent,
        &[
            ("我保证今天给您处理好。", &[URGENT]),
            ("我向您承诺，明天中午之前一定处理完。", &[URGENT]),
            ("师傅两小时内上门。", &[URGENT]),
            ("今天下班前一定给您答复。", &[URGENT]),
            ("您好，这里是客户服务中心，请问有什么可以帮您？", &[]),
            ("非常抱歉，请您提供一下手机号码。", &[]),
            ("好的，我看到五月三号有两笔四十九元的扣款。", &[]),
            ("我理解您的心情，现在马上为您办理退款。", &[]),
            (
                "退款会在三到五个工作日到账，星期四我会给您回电话确认。",
                &[],
            ),
            ("您好，宽带技术支持，请问您遇到什么问题？", &[]),
            ("请您先把路由器重启一下，等待两分钟。", &[]),
            ("请问您现在用的是多少兆的套餐？", &[]),
            ("我们有五百兆的光纤套餐，每个月一百二十九元。", &[]),
            ("好的，稍后发送给您，祝您生活愉快。", &[]),
            ("我请主管来和您沟通。", &[]),
            ("您是要取消合同吗？", &[]),
        ],
    );
}
