#pragma once

#include <string>

#include "support/dicom_file.h"

namespace cxr::test {

/// A chest film as an archive has it: with the UIDs and the attributes of a patient and a study, in
/// Latin-1, and with what must not be carried on: a private element, an overlay, a sequence.
inline DicomSpec identified_film(const cv::Mat& image) {
  DicomSpec spec;
  spec.samples = image;
  spec.texts = {{"0008,0005", "ISO_IR 100"},
                {"0008,0016", "1.2.840.10008.5.1.4.1.1.1"},
                {"0008,0018", "1.2.3.4.5"},
                {"0008,0020", "20260102"},
                {"0008,0030", "101112"},
                {"0008,0050", "ACC-7"},
                {"0008,0060", "CR"},
                {"0008,0080", "Secret Hospital"},
                {"0008,0090", "Doctor^Eva"},
                {"0008,1140/0008,1155", "1.2.3.99"},
                {"0010,0010", "M\xFCller^J\xFCrgen"},
                {"0010,0020", "PAT-42"},
                {"0010,0030", "19500203"},
                {"0010,0040", "M"},
                {"0018,1164", "0.2\\0.2"},
                {"0020,000d", "1.2.3.4"},
                {"0020,000e", "1.2.3.4.1"},
                {"0020,0010", "S1"}};
  spec.words = {{"6000,3000", {0xFFFF, 0xFFFF}}};
  spec.unknown = {{"0009,1001", "private"}};
  return spec;
}

}  // namespace cxr::test
