#[derive(Clone,Copy,Debug)] pub struct StreamFormat;
pub struct StreamDecoder; impl StreamDecoder{pub fn new(_:StreamFormat)->Self{Self} pub fn push(&mut self,b:&[u8])->Vec<f32>{b.chunks_exact(2).map(|c| i16::from_le_bytes([c[0],c[1]]) as f32/32768.0).collect()} pub fn flush(&mut self)->Vec<f32>{vec![]}}
