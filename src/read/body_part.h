#pragma once

#include <string>
#include <string_view>

namespace cxr {

/// What a text says of the part of the body.
struct BodyPart {
  enum class Kind { unknown, chest, other };

  Kind kind = Kind::unknown;
  /// The word of ours that it was recognised by: nothing else of the text may be told, for it may
  /// name a patient. Empty if unknown.
  std::string_view word = {};
};

/// Judges a code's meaning or a description, in capitals, by the word lists in body_part.cpp, where
/// their sources stand. A text that names the chest besides another part speaks of the chest; one
/// that has no word of the lists is unknown.
BodyPart find_body_part(const std::string& text);

/// Judges a value of Body Part Examined, in capitals.
BodyPart find_body_part_of_term(const std::string& term);

enum class Projection { unknown, frontal, lateral };

/// Judges a view position, a view code's meaning or a description, in capitals. A text that names
/// both (`CHEST PA AND LAT`) is unknown: the film may be either.
Projection find_projection(const std::string& text);

}  // namespace cxr
