//! What English callers say, and what is heard of it.

use super::check;
use sidetone_types::lang::Lang;
use sidetone_types::party::Side;

const CHURN: &str = "churn";
const REGULATOR: &str = "regulator complaint";
const LEGAL: &str = "legal threat";
const SUPERVISOR: &str = "supervisor request";
const PRIVACY: &str = "data privacy request";
const COMPENSATION: &str = "compensation";
const URGENT: &str = "urgent promise";
const REPEATED: &str = "repeated contact";
const DISSATISFIED: &str = "strong dissatisfaction";
const COMPLAINT: &str = "complaint";
const EXPOSURE: &str = "public exposure";
const ABUSE: &str = "abuse";
const VULNERABLE: &str = "vulnerable customer";
const SELF_HARM: &str = "risk of self-harm";
const FRAUD: &str = "fraud report";
const PORTING: &str = "number porting";
const OUTAGE: &str = "long outage";
const FEE: &str = "early termination fee";
const BILL: &str = "bill shock";

#[test]
fn customers_say_it_in_many_trades() {
    check(
        Lang::EN,
        Side::Customer,
        &[
            (
                "I want to cancel my contract as soon as possible.",
                &[CHURN],
            ),
            (
                "Honestly I'm thinking about switching to another insurer when this runs out.",
                &[CHURN],
            ),
            (
                "If you can't match it I'll take my business elsewhere.",
                &[CHURN],
            ),
            ("Please close my account and send me the balance.", &[CHURN]),
            ("Can you cancel my contract please?", &[CHURN]),
            ("I will not be renewing this year.", &[CHURN]),
            (
                "We are going to move our electricity to a different supplier.",
                &[CHURN],
            ),
            ("I'll never ship with you again.", &[CHURN]),
            ("You have just lost a customer.", &[CHURN]),
            ("I found a better deal with another bank.", &[CHURN]),
            ("How do I get out of this contract?", &[CHURN]),
            (
                "I'd like to terminate the policy, the one for the car.",
                &[CHURN],
            ),
            ("I'm done with you people.", &[CHURN]),
            (
                "I am going to file a complaint with the regulator.",
                &[REGULATOR, COMPLAINT],
            ),
            (
                "I've already written to the Financial Ombudsman about this.",
                &[REGULATOR, REPEATED],
            ),
            ("Then I'm going to the FCC.", &[REGULATOR]),
            ("Ofcom will hear about this.", &[REGULATOR]),
            (
                "I'll report you to the Better Business Bureau.",
                &[REGULATOR],
            ),
            (
                "My next letter goes to the state insurance commissioner.",
                &[REGULATOR],
            ),
            (
                "I will contact trading standards about my parcel.",
                &[REGULATOR],
            ),
            ("I am writing to the attorney general.", &[REGULATOR]),
            ("You will hear from my lawyer.", &[LEGAL]),
            ("My attorney says the claim must be paid.", &[LEGAL]),
            ("I'm going to sue you for every penny.", &[LEGAL]),
            ("I'll see you in court.", &[LEGAL]),
            ("We will take legal action against the bank.", &[LEGAL]),
            ("I'll take this to small claims.", &[LEGAL]),
            (
                "I am ready to take your company to court over this.",
                &[LEGAL],
            ),
            ("My solicitor has the letter already.", &[LEGAL]),
            ("Can I speak to a supervisor please?", &[SUPERVISOR]),
            ("I want to talk to your manager.", &[SUPERVISOR]),
            ("Let me speak with the manager.", &[SUPERVISOR]),
            ("Put me through to someone in charge.", &[SUPERVISOR]),
            ("Is there anybody higher up I can talk to?", &[SUPERVISOR]),
            ("Who is in charge there?", &[SUPERVISOR]),
            ("I would like this escalated.", &[SUPERVISOR]),
            ("Get me your boss.", &[SUPERVISOR]),
            ("Why can't I speak to a manager?", &[SUPERVISOR]),
            ("Please delete all my data.", &[PRIVACY]),
            ("Who gave you my number?", &[PRIVACY]),
            ("Where did you get my phone number from?", &[PRIVACY]),
            ("Stop calling me and take me off your list.", &[PRIVACY]),
            (
                "I want a copy of all the data you hold about me.",
                &[PRIVACY],
            ),
            ("My details were leaked in your breach.", &[PRIVACY]),
            (
                "I demand compensation for the ruined carpet.",
                &[COMPENSATION],
            ),
            ("Will you reimburse me for the hotel?", &[COMPENSATION]),
            (
                "Who is going to pay for the damage to the parcel?",
                &[COMPENSATION],
            ),
            (
                "What will you give me for the inconvenience?",
                &[COMPENSATION],
            ),
            ("I need the claim settled today.", &[URGENT]),
            ("It has to be delivered by tonight.", &[URGENT]),
            (
                "I must have the money before the end of the day.",
                &[URGENT],
            ),
            ("This is extremely urgent.", &[URGENT]),
            ("I cannot wait another day.", &[URGENT]),
            (
                "This is the third time I have called about my claim.",
                &[REPEATED],
            ),
            ("I've called five times about the same parcel.", &[REPEATED]),
            ("Nobody ever called me back.", &[REPEATED]),
            ("I keep getting passed around.", &[REPEATED]),
            ("I already explained it to your colleague.", &[REPEATED]),
            ("This is unacceptable.", &[DISSATISFIED]),
            ("It is the worst service I have ever had.", &[DISSATISFIED]),
            ("I'm absolutely furious.", &[DISSATISFIED]),
            ("I am sick and tired of this.", &[DISSATISFIED]),
            ("I want to make a complaint.", &[COMPLAINT]),
            ("I'd like to lodge a formal complaint.", &[COMPLAINT]),
            ("I'll post it all over Facebook.", &[EXPOSURE]),
            ("I am going to the newspapers.", &[EXPOSURE]),
            ("You bloody idiots!", &[ABUSE]),
            ("My husband passed away last month.", &[VULNERABLE]),
            ("I lost my job and can't afford the premium.", &[VULNERABLE]),
            ("Sometimes I just want to end it all.", &[SELF_HARM]),
            (
                "Someone used my card, I did not make this payment.",
                &[FRAUD],
            ),
            ("I've been scammed.", &[FRAUD]),
            ("I want to port my number to another network.", &[PORTING]),
            ("We've had no internet for three days.", &[OUTAGE]),
            ("How much is the early termination fee?", &[FEE]),
        ],
    );
}

#[test]
fn several_things_in_one_breath_are_all_heard() {
    check(
        Lang::EN,
        Side::Customer,
        &[
            (
                "I've had enough, cancel the whole policy.",
                &[CHURN, DISSATISFIED],
            ),
            (
                "My lawyer said that you have to pay.",
                &[LEGAL, COMPENSATION],
            ),
            (
                "I have been a loyal customer for ten years and this is how you treat me.",
                &[DISSATISFIED],
            ),
            (
                "My house flooded and I need someone to come out right now.",
                &[URGENT],
            ),
            ("I've spoken to four different people already.", &[REPEATED]),
            ("I would like to close out my savings account.", &[CHURN]),
            ("I'm considering switching energy suppliers.", &[CHURN]),
            (
                "I'd like to speak with somebody who can actually make a decision.",
                &[SUPERVISOR],
            ),
            (
                "If it is not fixed by Friday I will cancel my contract and file a complaint with the regulator.",
                &[CHURN, REGULATOR, COMPLAINT],
            ),
            (
                "Yes, and this is the third time I have called about it. This is unacceptable.",
                &[REPEATED, DISSATISFIED],
            ),
            (
                "Get me a supervisor right now or my lawyer will call you.",
                &[SUPERVISOR, LEGAL],
            ),
            (
                "I don't want a refund any more, I want to speak to your manager.",
                &[SUPERVISOR],
            ),
            (
                "I will not accept this. I won't hesitate to contact the ombudsman.",
                &[REGULATOR, DISSATISFIED],
            ),
        ],
    );
}

#[test]
fn near_misses_stay_quiet() {
    check(
        Lang::EN,
        Side::Customer,
        &[
            ("You are using your own words.", &[]),
            ("Press 1 to send a reply.", &[]),
            ("Mark the message as urgent.", &[]),
            ("I don't want to cancel my contract.", &[]),
            (
                "I'm not going to cancel my policy, I only have a question.",
                &[],
            ),
            ("I never said I would sue you.", &[]),
            ("There's no need to speak to your manager.", &[]),
            ("I don't need a lawyer for that.", &[]),
            ("I'd like to cancel my appointment on Tuesday.", &[]),
            ("My flight was cancelled.", &[]),
            ("My policy was cancelled without notice.", &[]),
            ("The pressure regulator of my boiler is broken.", &[]),
            ("My manager told me to call you about the invoice.", &[]),
            ("I am a lawyer and I need a landline for my services.", &[]),
            ("I have cancer insurance with you.", &[]),
            ("The parcel goes to the tennis court.", &[]),
            ("My name is Sue Miller.", &[]),
            (
                "Should I get a new router? I also work from home, and I need faster upload.",
                &[],
            ),
            (
                "That sounds interesting. Please send me an offer by email.",
                &[],
            ),
            (
                "My internet connection keeps dropping every evening. The router light turns red.",
                &[],
            ),
            ("Okay, I did that. Now it is blinking green.", &[]),
            ("It says Falcon ten on the back.", &[]),
            (
                "Hi. I was charged twice on my invoice this month, and I want a refund.",
                &[],
            ),
            (
                "It is four one five, five five five, zero one one seven.",
                &[],
            ),
            ("All right. Thank you, goodbye.", &[]),
            ("How much mobile data do I have left?", &[]),
            ("I would like to update my address.", &[]),
            ("When will my parcel arrive?", &[]),
            ("Can I add my wife to the policy?", &[]),
            ("I want to renew my policy for another year.", &[]),
            ("What are your opening hours?", &[]),
            ("Could you check the status of my claim?", &[]),
            ("I manage the account for my mother.", &[]),
            ("The court street services is closer to me.", &[]),
            ("I need to change the delivery address.", &[]),
            ("The power of attorney is in my name.", &[]),
            ("That's acceptable, thank you.", &[]),
            ("You have been very helpful today.", &[]),
            ("What is the interest rate of a savings account?", &[]),
            ("I paid the bill today.", &[]),
            ("I lost the tracking number of my package.", &[]),
            ("Can you explain the second charge?", &[]),
            ("A storm damaged the roof of my house.", &[]),
        ],
    );
}

#[test]
fn words_that_were_heard_wrong_are_understood() {
    check(
        Lang::EN,
        Side::Customer,
        &[
            ("I want to cancel my contrac", &[CHURN]),
            ("I will cancel my contrast", &[CHURN]),
            ("I'm gonna cancel my polcy", &[CHURN]),
            ("Cancell my subscripton", &[CHURN]),
            ("please close my acount", &[CHURN]),
            ("I'll take my buisness elsewhere", &[CHURN]),
            ("I want to switch to another provder", &[CHURN]),
            ("cancelling my memberships today", &[CHURN]),
            ("terminating our contracts", &[CHURN]),
            (
                "dont make me file a complaint with the regulater",
                &[REGULATOR, COMPLAINT],
            ),
            ("i will go to the ombudsmen", &[REGULATOR]),
            ("the financial ombudsmans", &[REGULATOR]),
            ("i call off com", &[REGULATOR]),
            ("I'll go to the F.C.C.", &[REGULATOR]),
            ("i will contact trading standard", &[REGULATOR]),
            ("the Better Busines Bureau", &[REGULATOR]),
            ("you'll here from my lawyers", &[LEGAL]),
            ("i am going to take leagal action", &[LEGAL]),
            ("my soliciter will write to you", &[LEGAL]),
            ("i'll take you too court", &[]),
            ("we will take you to court", &[LEGAL]),
            ("ill see you in cort", &[]),
            ("I will sue the the company", &[LEGAL]),
            ("see you in small claims court", &[LEGAL]),
            ("can i speak to a supervisior", &[SUPERVISOR]),
            ("can i speak to a super visor", &[SUPERVISOR]),
            ("let me speak to your manger", &[SUPERVISOR]),
            ("i want to talk to the um the manager", &[SUPERVISOR]),
            ("put me threw to your bosses", &[SUPERVISOR]),
            ("give me someone in charged", &[SUPERVISOR]),
            ("pleas delete my datas", &[PRIVACY]),
            ("who gave you my numbers", &[PRIVACY]),
            ("i want my personal information deleted", &[PRIVACY]),
            ("i demand compensations", &[COMPENSATION]),
            ("i want compansation for this", &[COMPENSATION]),
            ("you should re reimburse me", &[COMPENSATION]),
            ("it must be fixed todays", &[URGENT]),
            ("i need it emediately today", &[URGENT]),
            ("this is the third times i have called", &[REPEATED]),
            ("this is the 3rd time I called", &[REPEATED]),
            ("i have called you 3 times", &[REPEATED]),
            ("no one called me back", &[REPEATED]),
            ("this is unacceptible", &[DISSATISFIED]),
            ("that's un acceptable", &[DISSATISFIED]),
            ("it is rediculous", &[DISSATISFIED]),
            ("i will make a complain", &[COMPLAINT]),
            ("my card was stollen", &[FRAUD]),
            ("I want to poured my number", &[]),
        ],
    );
}

#[test]
fn agents_raise_what_they_promise() {
    check(
        Lang::EN,
        Side::Agent,
        &[
            ("I promise you will have it today.", &[URGENT]),
            ("A technician will be with you within two hours.", &[URGENT]),
            (
                "The money will be refunded by the end of the day.",
                &[URGENT],
            ),
            ("I guarantee that it arrives tomorrow.", &[URGENT]),
            ("I will send it today. Have a nice day.", &[]),
            (
                "Thank you for calling Northwind Telecom, this is Joe. How can I help you today?",
                &[],
            ),
            (
                "I am sorry about that. May I have the phone number on the account please?",
                &[],
            ),
            (
                "Thank you. I can see two payments of forty nine dollars on the third of May.",
                &[],
            ),
            (
                "I understand your frustration. I will start a refund for the duplicate charge right now.",
                &[],
            ),
            (
                "The refund takes three to five business days. I will call you back on Thursday to confirm it.",
                &[],
            ),
            (
                "Northwind support, this is Joe speaking. What can I do for you?",
                &[],
            ),
            ("I see. Which router model do you have?", &[]),
            (
                "Please hold the reset button for ten seconds, and wait until the light turns green.",
                &[],
            ),
            (
                "Very good. The firmware is updating. It will take about five minutes.",
                &[],
            ),
            (
                "You could move to the fiber plan. It has five hundred megabits of upload speed.",
                &[],
            ),
            ("My manager will look into your complaint.", &[]),
            ("Do you want to cancel your contract?", &[]),
        ],
    );
}

#[test]
fn telecom_bills_have_rules_of_their_own() {
    check(
        Lang::EN,
        Side::Customer,
        &[
            ("My bill has doubled.", &[BILL]),
            ("What are these roaming charges?", &[BILL]),
        ],
    );
}
