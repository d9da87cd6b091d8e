#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace cxr {

/// An error, described in one line: `stage: subject: what was wrong; what to do`.
///
/// The subject is the file (or configuration key) concerned. The library throws nothing else on
/// purpose; an error is caught once per image (a row with status `error`) and once in `main`.
class Error : public std::runtime_error {
 public:
  Error(const std::string& stage, const std::string& subject, const std::string& what)
      : std::runtime_error(stage + ": " + (subject.empty() ? "" : subject + ": ") + what),
        stage_(stage),
        subject_(subject) {}

  const std::string& stage() const { return stage_; }      ///< such as `read`, `model`, `write`
  const std::string& subject() const { return subject_; }  ///< may be empty

 private:
  std::string stage_;
  std::string subject_;
};

/// An image is intact, but not a frontal chest radiograph: it is skipped, which is not a failure.
class SkippedError : public Error {
 public:
  using Error::Error;
};

/// Outputs cannot be written any more, whatever the image: no room left, a disk that fails or has
/// become read-only. It ends a run.
class DiskError : public Error {
 public:
  using Error::Error;
};

/// The user asked for something that cannot be: a wrong option or configuration value.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// `a, b, c`, for messages that say what is allowed.
inline std::string join(const std::vector<std::string>& words, const char* between = ", ") {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : between) + word;
  return list;
}

}  // namespace cxr
