#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace cxr {

/// Something that went wrong, told in one line: `stage: subject: what was wrong; what to do`.
///
/// The subject is the file (or configuration key) concerned. The library throws nothing else on
/// purpose; an error is caught once per image (a row with status `error`) and once in `main`.
class Error : public std::runtime_error {
 public:
  Error(const std::string& stage, const std::string& subject, const std::string& what)
      : std::runtime_error(stage + ": " + (subject.empty() ? "" : subject + ": ") + what) {}
};

/// An image is well, but not of the kind that is wanted: it is passed over, which is no failure.
class SkippedError : public Error {
 public:
  using Error::Error;
};

/// The user asked for something that cannot be: a wrong option or configuration value.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// `a, b, c`, for messages that say what is allowed.
inline std::string join(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
  return list;
}

}  // namespace cxr
