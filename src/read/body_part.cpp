#include "body_part.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace cxr {
namespace {

using namespace std::string_view_literals;

// Letters that are not ASCII are left out of a text (TÓRAX becomes TRAX), and so of these words.

/// The chest, as the beginning or the end of a word: the terms CHEST, CHESTABDOMEN, NECKCHEST and
/// MEDIASTINUM of Body Part Examined (PS3.16, Annex L), and what it is called in English, German,
/// French, Italian, Spanish, Portuguese and Dutch.
constexpr std::array kChest = {"CHEST"sv, "THORA"sv,  "TORAX"sv,  "TORAC"sv,
                               "PULMO"sv, "POUMON"sv, "POLMON"sv, "MEDIASTIN"sv};
/// Likewise, as whole words.
constexpr std::array kChestWords = {
    "LUNG"sv, "LUNGS"sv, "LUNGE"sv,    "LUNGEN"sv,           "LONGEN"sv,          "TRAX"sv,
    "CXR"sv,  "HEART"sv, "BABYGRAM"sv, "NECKCHESTABDOMEN"sv, "NECKCHESTABDPELV"sv};

/// The spine, which is named after the chest in part (THORACIC SPINE), as whole words.
constexpr std::array kSpine = {
    // PS3.16, Annex L
    "SPINE"sv, "TSPINE"sv, "CSPINE"sv, "LSPINE"sv, "SSPINE"sv, "CTSPINE"sv, "TLSPINE"sv,
    "LSSPINE"sv,
    // descriptions
    "SPINAL"sv, "VERTEBRA"sv, "VERTEBRAE"sv, "THORACOLUMBAR"sv, "WIRBELSAEULE"sv, "WIRBELSULE"sv,
    "BWS"sv, "HWS"sv, "LWS"sv, "RACHIS"sv, "COLUMNA"sv, "COLUNA"sv, "COLONNA"sv, "WERVELKOLOM"sv};

/// Other parts, as whole words.
constexpr std::array kOtherParts = {
    // BodyPartExamined (PS3.16, Annex L), without vessels and airways
    "ADRENAL"sv, "BLADDER"sv, "BUTTOCK"sv, "CEREBELLUM"sv, "CERVIX"sv, "CHEEK"sv, "CORNEA"sv,
    "DUODENUM"sv, "EYELID"sv, "ILEUM"sv, "JEJUNUM"sv, "OVARY"sv, "PANCREAS"sv, "PAROTID"sv,
    "PENIS"sv, "PROSTATE"sv, "RECTUM"sv, "SCALP"sv, "SCLERA"sv, "SCROTUM"sv, "SPLEEN"sv, "TESTIS"sv,
    "THYROID"sv, "TONGUE"sv, "URETER"sv, "URETHRA"sv, "VAGINA"sv, "VULVA"sv, "ABDOMEN"sv,
    "ABDOMENPELVIS"sv, "ANKLE"sv, "BRAIN"sv, "BREAST"sv, "CALCANEUS"sv, "CALF"sv, "CLAVICLE"sv,
    "COCCYX"sv, "COLON"sv, "ELBOW"sv, "ESOPHAGUS"sv, "EXTREMITY"sv, "FACIAL"sv, "FEMUR"sv,
    "FINGER"sv, "FOOT"sv, "GALLBLADDER"sv, "HAND"sv, "HEAD"sv, "HIP"sv, "HUMERUS"sv, "ILIUM"sv,
    "JAW"sv, "KIDNEY"sv, "KNEE"sv, "LARYNX"sv, "LEG"sv, "LIVER"sv, "MAXILLA"sv, "MOUTH"sv, "NECK"sv,
    "NOSE"sv, "ORBIT"sv, "PATELLA"sv, "PELVIS"sv, "PHARYNX"sv, "RIB"sv, "SCAPULA"sv, "SHOULDER"sv,
    "SKULL"sv, "STERNUM"sv, "STOMACH"sv, "TMJ"sv, "THIGH"sv, "THUMB"sv, "TOE"sv, "UTERUS"sv,
    "WRIST"sv, "ZYGOMA"sv,
    // code meanings of radiography's regions (CID 4, CID 4031): plurals, and what Annex L lacks
    "ANKLES"sv, "ELBOWS"sv, "EXTREMITIES"sv, "FEET"sv, "FINGERS"sv, "FOREARM"sv, "HANDS"sv,
    "HEEL"sv, "HIPS"sv, "KNEES"sv, "LIMB"sv, "LIMBS"sv, "MANDIBLE"sv, "METACARPUS"sv,
    "METATARSUS"sv, "RADIUS"sv, "RIBS"sv, "SACROILIAC"sv, "SACRUM"sv, "SHOULDERS"sv, "SINUS"sv,
    "SINUSES"sv, "TEETH"sv, "TIBIA"sv, "FIBULA"sv, "TOES"sv, "TOOTH"sv, "ULNA"sv, "WRISTS"sv,
    // descriptions in English
    "ABD"sv, "BARIUM"sv, "BITEWING"sv, "CEPH"sv, "DENTAL"sv, "ENDOSCOPY"sv, "FUNDOSCOPY"sv,
    "FUNDUS"sv, "COLONOSCOPY"sv, "GASTROSCOPY"sv, "KUB"sv, "MAMMO"sv, "MAMMOGRAM"sv,
    "MAMMOGRAPHY"sv, "OPG"sv, "PANORAMIC"sv, "PHALANX"sv, "TIBFIB"sv,
    // in German
    "BECKEN"sv, "ELLENBOGEN"sv, "FUSS"sv, "HANDGELENK"sv, "HUEFTE"sv, "HFTE"sv, "KNIE"sv,
    "OBERARM"sv, "OBERSCHENKEL"sv, "SCHAEDEL"sv, "SCHDEL"sv, "SCHULTER"sv, "SPRUNGGELENK"sv,
    "UNTERARM"sv, "UNTERSCHENKEL"sv, "ZAHN"sv, "ZHNE"sv,
    // in French
    "BASSIN"sv, "CHEVILLE"sv, "COUDE"sv, "CRANE"sv, "CRNE"sv, "EPAULE"sv, "PAULE"sv, "GENOU"sv,
    "HANCHE"sv, "PIED"sv, "POIGNET"sv,
    // in Italian
    "ADDOME"sv, "ANCA"sv, "BACINO"sv, "CAVIGLIA"sv, "GINOCCHIO"sv, "GOMITO"sv, "PIEDE"sv, "POLSO"sv,
    "SPALLA"sv,
    // in Spanish and Portuguese
    "BACIA"sv, "CADERA"sv, "CODO"sv, "COTOVELO"sv, "CRANEO"sv, "CRNEO"sv, "CRANIO"sv, "CRNIO"sv,
    "HOMBRO"sv, "JOELHO"sv, "MANO"sv, "MUECA"sv, "OMBRO"sv, "PUNHO"sv, "QUADRIL"sv, "RODILLA"sv,
    "TOBILLO"sv, "TORNOZELO"sv};
/// Terms of Body Part Examined that mean something else in a description (C-ARM, French FACE).
constexpr std::array kOtherTerms = {"ARM"sv, "BACK"sv, "EAR"sv, "EYE"sv, "FACE"sv, "WHOLEBODY"sv};

/// View Position's LL, RL (PS3.3, C.8.1.1), LATERAL and the like; descriptions in English, German,
/// French, Spanish, Italian and Portuguese.
constexpr std::array kLateral = {"LL"sv,     "RL"sv,       "LAT"sv,       "LATERAL"sv,
                                 "LLAT"sv,   "RLAT"sv,     "SEITLICH"sv,  "PROFIL"sv,
                                 "PERFIL"sv, "LATERALE"sv, "LATERALES"sv, "PROFILO"sv};
/// A lateral decubitus film is a frontal view; oblique ones are tried.
constexpr std::array kFrontal = {"PA"sv,
                                 "AP"sv,
                                 "FRONTAL"sv,
                                 "DECUBITUS"sv,
                                 "DECUB"sv,
                                 "LLD"sv,
                                 "RLD"sv,
                                 "OBLIQUE"sv,
                                 "ANTERIOR"sv,
                                 "POSTERIOR"sv,
                                 "ANTEROPOSTERIOR"sv,
                                 "POSTEROANTERIOR"sv,
                                 "DORSOVENTRAL"sv,
                                 "VENTRODORSAL"sv,
                                 "FACE"sv,
                                 "FRENTE"sv};

/// P.A. and L.SPINE are one word, KNEE.AP is two.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words(1);
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte >= 0x80 || (letter == '.' && words.back().size() == 1)) continue;
    if (std::isalpha(byte) != 0) {
      words.back().push_back(letter);
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  return words;
}

/// The first word of a list that a text has; empty if it has none.
template <typename List>
std::string_view find_word(const std::vector<std::string>& words, const List& list) {
  const auto found = std::ranges::find_if(
      list, [&](std::string_view word) { return std::ranges::count(words, word) > 0; });
  return found == list.end() ? std::string_view() : *found;
}

bool names_chest(const std::vector<std::string>& words) {
  return !find_word(words, kChestWords).empty() ||
         std::ranges::any_of(words, [](const std::string& word) {
           return std::ranges::any_of(kChest, [&](std::string_view part) {
             return word.starts_with(part) || word.ends_with(part);
           });
         });
}

}  // namespace

BodyPart find_body_part(const std::string& text) {
  using Kind = BodyPart::Kind;
  const std::vector<std::string> words = words_of(text);
  if (const auto word = find_word(words, kSpine); !word.empty()) return {Kind::other, word};
  if (names_chest(words)) return {Kind::chest, "CHEST"};
  if (const auto word = find_word(words, kOtherParts); !word.empty()) return {Kind::other, word};
  return {};
}

BodyPart find_body_part_of_term(const std::string& term) {
  const auto found = std::ranges::find(kOtherTerms, term);
  if (found != kOtherTerms.end()) return {BodyPart::Kind::other, *found};
  return find_body_part(term);
}

Projection find_projection(const std::string& text) {
  const std::vector<std::string> words = words_of(text);
  const bool is_lateral = !find_word(words, kLateral).empty();
  const bool is_frontal = !find_word(words, kFrontal).empty();
  if (is_lateral == is_frontal) return Projection::unknown;
  return is_lateral ? Projection::lateral : Projection::frontal;
}

}  // namespace cxr
