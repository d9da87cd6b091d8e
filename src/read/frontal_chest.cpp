#include "frontal_chest.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "body_part.h"
#include "orientation.h"

namespace cxr {
namespace {

using namespace std::string_view_literals;

/// Modality (PS3.3, C.7.3.1.1.1) of radiographs: DR is retired; OT and SC say nothing.
constexpr std::array kRadiography = {"CR"sv, "DX"sv, "DR"sv, "RG"sv};
constexpr std::array kUndecided = {""sv, "OT"sv, "SC"sv};
/// Others whose name may be told. A value that is none of these may be anything, a name included.
constexpr std::array kOtherModalities = {
    "AU"sv,       "BI"sv,  "BMD"sv,  "CT"sv,  "DMS"sv,    "DOC"sv,     "ECG"sv,    "EPS"sv,
    "ES"sv,       "FID"sv, "GM"sv,   "HD"sv,  "IO"sv,     "IVOCT"sv,   "IVUS"sv,   "KER"sv,
    "KO"sv,       "LEN"sv, "LS"sv,   "M3D"sv, "MG"sv,     "MR"sv,      "NM"sv,     "OAM"sv,
    "OCT"sv,      "OP"sv,  "OPM"sv,  "OPT"sv, "OPV"sv,    "PLAN"sv,    "PR"sv,     "PT"sv,
    "PX"sv,       "REG"sv, "RESP"sv, "RF"sv,  "RTDOSE"sv, "RTIMAGE"sv, "RTPLAN"sv, "RTRECORD"sv,
    "RTSTRUCT"sv, "SEG"sv, "SM"sv,   "SMR"sv, "SR"sv,     "SRF"sv,     "STAIN"sv,  "TG"sv,
    "US"sv,       "VA"sv,  "XA"sv,   "XC"sv};

/// Storage of CR, of digital X-ray and of secondary captures (PS3.4, B.5).
constexpr std::array kRadiographyClasses = {"1"sv,   "1.1"sv, "1.1.1"sv, "7"sv,
                                            "7.1"sv, "7.2"sv, "7.3"sv,   "7.4"sv};
constexpr std::string_view kStorage = "1.2.840.10008.5.1.4.1.1.";

template <typename List>
bool has(const List& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

std::string another_modality(const DicomAttributes& image) {
  if (has(kRadiography, image.modality)) return "";
  if (has(kUndecided, image.modality)) {
    const std::string_view sop_class(image.sop_class);
    if (!sop_class.starts_with(kStorage)) return "";
    return has(kRadiographyClasses, sop_class.substr(kStorage.size()))
               ? ""
               : "its SOP class is not one of radiography";
  }
  return has(kOtherModalities, image.modality) ? "its modality is " + image.modality
                                               : "its modality is none of radiography";
}

std::string another_body_part(const DicomAttributes& image) {
  const std::array<std::pair<const char*, BodyPart>, 5> sources = {
      {{"Body Part Examined", find_body_part_of_term(image.body_part)},
       {"Anatomic Region", find_body_part(image.anatomic_region)},
       {"Series Description", find_body_part(image.descriptions[0])},
       {"Protocol Name", find_body_part(image.descriptions[1])},
       {"Study Description", find_body_part(image.descriptions[2])}}};
  for (const auto& [source, part] : sources) {
    if (part.kind == BodyPart::Kind::chest) return "";
    if (part.kind == BodyPart::Kind::other) {
      return std::string(source) + " says " + std::string(part.word);
    }
  }
  return "";
}

bool is_lateral(const DicomAttributes& image) {
  std::vector<Projection> said = {find_projection(image.view_position), find_projection(image.view),
                                  projection_of(image.orientation)};
  for (const std::string& text : image.descriptions) said.push_back(find_projection(text));
  const auto first =
      std::ranges::find_if(said, [](Projection each) { return each != Projection::unknown; });
  return first != said.end() && *first == Projection::lateral;
}

}  // namespace

std::string why_not_frontal_chest(const DicomAttributes& image) {
  if (image.device == "CXR-INFER") return "is a result of cxr-infer";
  std::string why = another_modality(image);
  if (why.empty()) why = another_body_part(image);
  if (!why.empty()) return "not a chest radiograph: " + why;
  if (is_lateral(image)) return "is a lateral view";
  if (image.pixels.frames > 1) return "has " + std::to_string(image.pixels.frames) + " frames";
  return "";
}

}  // namespace cxr
