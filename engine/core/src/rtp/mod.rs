use std::time::*; use crate::time::MediaTime; use serde::*;
#[derive(Clone,Debug,Default,PartialEq,Serialize)] pub struct ReceiverStats{pub packets:u64}
#[derive(Clone,Debug,Default,PartialEq,Serialize,Deserialize)] pub struct JitterConfig{pub max_wait_ms:u32}
#[derive(Clone,Debug,Default)] pub struct PayloadMap;
pub struct Receiver(ReceiverStats);
pub enum Heard{ Sound { at: MediaTime, samples: Vec<f32> },Silence { from: MediaTime, to: MediaTime },Lost { from: MediaTime, to: MediaTime, packets: u32 },Dtmf { at: MediaTime, key: char, duration: Duration },Restarted { at: MediaTime }}
impl Receiver{pub fn new(_:PayloadMap,_:JitterConfig,_:Instant)->Self{Self(Default::default())} pub fn push(&mut self,_:Instant,_:&[u8]){} pub fn poll(&mut self,_:Instant)->Option<Heard>{None} pub fn deadline(&self)->Option<Instant>{None} pub fn stats(&self)->&ReceiverStats{&self.0} pub fn finish(&mut self,_:Instant){}}
