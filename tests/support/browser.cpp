#include "support/browser.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <opencv2/imgcodecs.hpp>
#include <stdexcept>

#include "support/temp_dir.h"

namespace cxr::test {
namespace {

using nlohmann::json;

constexpr const char* kChromium = "/usr/bin/chromium";
constexpr int kBrowserPatience = 60'000;  // milliseconds

/// In the child: the browser reads from descriptor 3 and writes to 4.
[[noreturn]] void become_browser(int in, int out) {
  const int quiet = ::open("/dev/null", O_RDWR);
  ::dup2(quiet, STDOUT_FILENO);
  ::dup2(quiet, STDERR_FILENO);
  // Out of the way, so that neither is overwritten by the other.
  const int spare_in = ::fcntl(in, F_DUPFD, 10), spare_out = ::fcntl(out, F_DUPFD, 10);
  ::dup2(spare_in, 3);
  ::dup2(spare_out, 4);
  ::execl(kChromium, kChromium, "--headless", "--no-sandbox", "--disable-gpu",
          "--disable-dev-shm-usage", "--no-first-run", "--window-size=1300,1000",
          "--remote-debugging-pipe", "about:blank", static_cast<char*>(nullptr));
  ::_exit(127);
}

std::vector<std::uint8_t> from_base64(const std::string& text) {
  static const std::string kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<std::uint8_t> bytes;
  unsigned group = 0;
  int bits = 0;
  for (const char letter : text) {
    const std::size_t value = kLetters.find(letter);
    if (value == std::string::npos) break;
    group = group << 6 | static_cast<unsigned>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<std::uint8_t>(group >> bits & 0xFF));
  }
  return bytes;
}

}  // namespace

bool Browser::is_installed() { return ::access(kChromium, X_OK) == 0; }

Browser::Browser() {
  std::array<int, 2> down{}, up{};
  if (::pipe(down.data()) != 0 || ::pipe(up.data()) != 0) throw std::runtime_error("no pipe");
  ::signal(SIGPIPE, SIG_IGN);
  process_ = ::fork();
  if (process_ == 0) become_browser(down[0], up[1]);
  ::close(down[0]);
  ::close(up[1]);
  to_ = down[1];
  from_ = up[0];
  const json target = call("Target.createTarget", {{"url", "about:blank"}});
  session_ = call("Target.attachToTarget", {{"targetId", target.at("targetId")}, {"flatten", true}})
                 .at("sessionId");
  for (const char* domain : {"Page", "Runtime", "Network", "Log"}) {
    call(std::string(domain) + ".enable");
  }
}

Browser::~Browser() {
  ::close(to_);
  ::close(from_);
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

json Browser::call(const std::string& method, json parameters) {
  const int id = ++calls_;
  json message{{"id", id}, {"method", method}, {"params", std::move(parameters)}};
  if (!session_.empty()) message["sessionId"] = session_;
  const std::string text = message.dump() + '\0';
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t count = ::write(to_, text.data() + done, text.size() - done);
    if (count <= 0) throw std::runtime_error("the browser has gone");
    done += static_cast<std::size_t>(count);
  }
  for (;;) {
    json answer = read_message();
    if (answer.value("id", 0) != id) {
      events_.push_back(std::move(answer));
      continue;
    }
    if (answer.contains("error")) throw std::runtime_error(method + ": " + answer["error"].dump());
    return answer.at("result");
  }
}

json Browser::read_message() {
  std::size_t end = 0;
  while ((end = received_.find('\0')) == std::string::npos) {
    pollfd ready{from_, POLLIN, 0};
    std::array<char, 65536> bytes{};
    const bool is_ready = ::poll(&ready, 1, kBrowserPatience) > 0;
    const ssize_t count = is_ready ? ::read(from_, bytes.data(), bytes.size()) : 0;
    if (count <= 0) throw std::runtime_error("the browser does not answer");
    received_.append(bytes.data(), static_cast<std::size_t>(count));
  }
  json message = json::parse(received_.substr(0, end));
  received_.erase(0, end + 1);
  return message;
}

void Browser::wait_for(const std::string& event) {
  while (std::ranges::none_of(events_,
                              [&](const json& one) { return one.value("method", "") == event; })) {
    events_.push_back(read_message());
  }
}

void Browser::open(const std::filesystem::path& file) {
  page_ = "file://" + file.string();
  events_.clear();
  call("Page.navigate", {{"url", page_}});
  wait_for("Page.loadEventFired");
}

void Browser::resize(int width, int height) {
  call("Emulation.setDeviceMetricsOverride",
       {{"width", width}, {"height", height}, {"deviceScaleFactor", 1}, {"mobile", false}});
}

void Browser::set_media(const std::string& media) {
  call("Emulation.setEmulatedMedia", {{"media", media}});
}

json Browser::evaluate(const std::string& expression) {
  const json answer =
      call("Runtime.evaluate",
           {{"expression", expression}, {"returnByValue", true}, {"awaitPromise", true}});
  if (answer.contains("exceptionDetails")) throw std::runtime_error(answer.dump());
  return answer.at("result").value("value", json());
}

void Browser::press(const std::string& key) {
  static const std::map<std::string, int> kCodes = {
      {"Tab", 9}, {"Enter", 13}, {"Escape", 27}, {"ArrowLeft", 37}, {"ArrowRight", 39}};
  json event{{"key", key}, {"code", key}, {"windowsVirtualKeyCode", kCodes.at(key)}};
  if (key == "Enter") event["text"] = "\r";
  for (const char* type : {"keyDown", "keyUp"}) {
    event["type"] = type;
    call("Input.dispatchKeyEvent", event);
  }
}

cv::Mat Browser::screenshot() {
  const json answer = call("Page.captureScreenshot", {{"format", "png"}});
  return cv::imdecode(from_base64(answer.at("data")), cv::IMREAD_COLOR);
}

std::vector<std::string> Browser::complaints() const {
  std::vector<std::string> all;
  for (const json& event : events_) {
    const std::string method = event.value("method", "");
    const bool is_complaint = method == "Runtime.exceptionThrown" || method == "Log.entryAdded";
    const bool is_console =
        method == "Runtime.consoleAPICalled" && event.at("params").at("type") != "log";
    if (is_complaint || is_console) all.push_back(event.dump());
  }
  return all;
}

std::vector<std::string> Browser::requests() const {
  std::vector<std::string> all;
  for (const json& event : events_) {
    if (event.value("method", "") != "Network.requestWillBeSent") continue;
    const std::string url = event.at("params").at("request").at("url");
    if (!url.starts_with("data:") && url != page_) all.push_back(url);
  }
  return all;
}

}  // namespace cxr::test
