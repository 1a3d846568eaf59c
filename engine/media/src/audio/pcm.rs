//! Samples as 16-bit integers, and as bytes in either order.

/// One step of a 16-bit sample, as a fraction of full scale.
const STEP: f32 = 1.0 / 32_768.0;

/// A 16-bit sample as `f32` in [-1, 1). Exact.
pub fn from_i16(sample: i16) -> f32 {
    f32::from(sample) * STEP
}

/// A sample in [-1, 1] as 16 bits: rounded, and clipped where it is out of range. NaN is silence.
pub fn to_i16(sample: f32) -> i16 {
    // A float-to-integer cast saturates, so 1.0 becomes 32 767.
    (sample / STEP).round() as i16
}

/// Little-endian 16-bit samples, as in WAV files and gRPC's `LINEAR16`. Half a sample at the end is
/// left out.
pub fn from_le_bytes(bytes: &[u8]) -> Vec<f32> {
    let (samples, _) = bytes.as_chunks();
    samples
        .iter()
        .map(|&b| from_i16(i16::from_le_bytes(b)))
        .collect()
}

/// Samples as big-endian 16-bit integers, two bytes each.
pub fn to_be_bytes(samples: &[f32]) -> Vec<u8> {
    samples
        .iter()
        .flat_map(|&s| to_i16(s).to_be_bytes())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_16_bit_sample_survives_the_round_trip() {
        for sample in i16::MIN..=i16::MAX {
            assert_eq!(to_i16(from_i16(sample)), sample);
        }
    }

    #[test]
    fn samples_out_of_range_are_clipped() {
        for (sample, clipped) in [
            (1.0, i16::MAX),
            (7.5, i16::MAX),
            (-1.0, i16::MIN),
            (-7.5, i16::MIN),
            (f32::NAN, 0),
        ] {
            assert_eq!(to_i16(sample), clipped, "{sample}");
        }
    }

    #[test]
    fn byte_order_is_kept_apart_and_half_a_sample_is_left_out() {
        assert_eq!(from_le_bytes(&[0x00, 0x40, 0xff]), [0.5]);
        assert_eq!(to_be_bytes(&[0.5, -0.5]), [0x40, 0x00, 0xc0, 0x00]);
    }
}
