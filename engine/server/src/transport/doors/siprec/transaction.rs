//! A request that waits for its answer.

use rsipstack::sip::{Method, Request, Response, SipMessage};
use rsipstack::transaction::transaction::Transaction;
use tokio::sync::mpsc;

use super::Sip;

/// What comes in the transaction of an INVITE beside itself: CANCEL and ACK.
const NEWS: usize = 4;

/// A request whose transaction is kept by a task of its own, until it is over, or its answer cannot be
/// sent, or nobody is there to answer it any more.
pub(super) struct Answering {
    pub request: Request,
    answer: mpsc::Sender<Response>,
    /// What comes in the same transaction. Ends with it.
    pub news: mpsc::Receiver<SipMessage>,
}

impl Answering {
    pub fn begin(sip: &Sip, transaction: Transaction) -> Self {
        let (answer, answers) = mpsc::channel(1);
        let (tell, news) = mpsc::channel(NEWS);
        let request = transaction.original.clone();
        let closed = sip.closed.clone();
        sip.connections.spawn(async move {
            tokio::select! {
                () = closed.cancelled() => {}
                () = keep(transaction, answers, tell) => {}
            }
        });
        Self {
            request,
            answer,
            news,
        }
    }

    /// Sends the final answer.
    pub fn answer(&self, response: Response) {
        // The client may have gone, and the task with it.
        let _ = self.answer.try_send(response);
    }

    /// Whether the client has thought better of it.
    pub fn is_cancelled(&mut self) -> bool {
        let news = self.news.try_recv();
        matches!(news, Ok(SipMessage::Request(request)) if request.method == Method::Cancel)
    }
}

async fn keep(
    mut transaction: Transaction,
    mut answers: mpsc::Receiver<Response>,
    tell: mpsc::Sender<SipMessage>,
) {
    // An invitation takes time, and is not to be sent again meanwhile (RFC 3261 §17.2.1).
    if transaction.original.method == Method::Invite && transaction.send_trying().await.is_err() {
        return;
    }
    let mut is_answered = false;
    while !transaction.is_terminated() {
        tokio::select! {
            response = answers.recv(), if !is_answered => match response {
                Some(response) => {
                    is_answered = true;
                    // A transaction that cannot answer would wait for good.
                    if transaction.respond(response).await.is_err() {
                        return;
                    }
                }
                None => return,
            },
            message = transaction.receive() => match message {
                // Nobody waits for more than there is room for.
                Some(message) => drop(tell.try_send(message)),
                None => return,
            },
        }
    }
}
