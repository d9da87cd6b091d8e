#include "documents.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "completion.h"
#include "man_page.h"
#include "option_list.h"

namespace cxr {
namespace {

/// Help without the options that an option needs or excludes, which errors state, and, unless
/// --help-all is given, without the advanced groups.
class PlainFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    shows_all_ = mode != CLI::AppFormatMode::Normal;
    return CLI::Formatter::make_help(app, std::move(name), mode);
  }

  std::string make_group(std::string group, bool is_positional,
                         std::vector<const CLI::Option*> options) const override {
    if (shows_all_ || std::ranges::count(kAdvancedGroups, group) == 0) {
      return CLI::Formatter::make_group(std::move(group), is_positional, std::move(options));
    }
    return "\n" + group + ": " + std::to_string(options.size()) + " more options, see --help-all\n";
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    std::string text = takes_value(*option) ? " " + value_kind(*option) : "";
    if (!default_of(*option).empty()) text += " [" + default_of(*option) + "]";
    return text + (option->get_required() ? " REQUIRED" : "");
  }

 private:
  mutable bool shows_all_ = false;
};

/// Prints a text and exits with status 0, as --version does.
void print_and_end(const std::string& text) { throw CLI::CallForVersion(text, 0); }

}  // namespace

void add_document_options(CLI::App& app) {
  app.formatter(std::make_shared<PlainFormatter>());
  for (const CLI::App* command : subcommands_of(app)) {
    app.get_subcommand(command->get_name())->formatter(app.get_formatter());
  }
  app.add_flag_callback("--man-page", [&app] { print_and_end(man_page(app)); })
      ->group("")
      ->configurable(false);
  app.add_option_function<std::string>(
         "--completion",
         [&app](const std::string& shell) {
           print_and_end(shell == "zsh" ? zsh_completion(app) : bash_completion(app));
         })
      ->check(CLI::IsMember({"bash", "zsh"}))
      ->group("")
      ->configurable(false);
}

}  // namespace cxr
