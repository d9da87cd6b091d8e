#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcfilefo.h>

#include <array>
#include <fstream>
#include <span>

#include "cxr/read.h"
#include "dicom.h"

namespace cxr {
namespace {

bool is_dicom_file(const std::filesystem::path& file) {
  std::array<std::uint8_t, kDicomMagicBytes> bytes{};
  std::ifstream stream(file, std::ios::binary);
  stream.read(reinterpret_cast<char*>(bytes.data()), bytes.size());
  return is_dicom(std::span(bytes.data(), static_cast<std::size_t>(stream.gcount())));
}

/// Empty where it is not a UID (PS3.5, 9.1).
std::string uid(DcmItem& item, const DcmTagKey& tag) {
  OFString value;
  item.findAndGetOFString(tag, value);
  const std::string text(value.data(), value.size());
  const bool is_uid = text.size() <= 64 && text.find_first_not_of("0123456789.") == text.npos;
  return is_uid ? text : "";
}

}  // namespace

DicomUids read_dicom_uids(const std::filesystem::path& file) noexcept {
  try {
    if (!is_dicom_file(file)) return {};
    DcmFileFormat content;
    const OFCondition status =
        content.loadFileUntilTag(file.c_str(), EXS_Unknown, EGL_noChange, 4096, ERM_autoDetect,
                                 DcmTagKey(0x0020, 0x0010));  // the first behind them
    DcmItem* set = content.getDataset();
    if (status.bad() || set == nullptr) return {};
    return {uid(*set, DCM_StudyInstanceUID), uid(*set, DCM_SeriesInstanceUID),
            uid(*set, DCM_SOPInstanceUID)};
  } catch (...) {
    return {};
  }
}

}  // namespace cxr
