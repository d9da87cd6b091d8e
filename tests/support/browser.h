#pragma once

#include <sys/types.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace cxr::test {

/// A headless Chromium, driven by its DevTools protocol over a pipe.
class Browser {
 public:
  /// Whether there is one to be started.
  static bool is_installed();

  /// Throws std::runtime_error where it does not start.
  Browser();
  ~Browser();
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  /// Opens a file and waits until it is loaded.
  void open(const std::filesystem::path& file);
  /// Sets the size of the page's window in pixels.
  void resize(int width, int height);
  /// Shows the page as on `screen` or as in `print`.
  void set_media(const std::string& media);
  /// The value of a JavaScript expression in the page, or of its promise. Throws std::runtime_error
  /// where it throws.
  nlohmann::json evaluate(const std::string& expression);
  /// Presses and releases a key, as a person would: `Enter`, `Escape`, `ArrowRight`, `Tab`.
  void press(const std::string& key);
  cv::Mat screenshot();

  /// Errors and warnings of the page's console, and exceptions that nobody caught.
  std::vector<std::string> complaints() const;
  /// The addresses that the page has asked for, besides itself and what is in it (`data:`).
  std::vector<std::string> requests() const;

 private:
  nlohmann::json call(const std::string& method,
                      nlohmann::json parameters = nlohmann::json::object());
  nlohmann::json read_message();
  void wait_for(const std::string& event);

  pid_t process_ = -1;
  int to_ = -1, from_ = -1;
  std::string received_;
  std::string session_;
  std::string page_;
  int calls_ = 0;
  std::vector<nlohmann::json> events_;
};

}  // namespace cxr::test
