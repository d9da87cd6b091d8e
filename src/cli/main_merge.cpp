#include <chrono>
#include <iostream>

#include "base/format.h"
#include "cxr/merge.h"
#include "program.h"

namespace {

int run(const cxr::MergeRequest& request, const cxr::Messages& messages) {
  const auto begin = std::chrono::steady_clock::now();
  cxr::ProgressBar bar = messages.progress_bar();
  const cxr::MergeSummary summary = cxr::merge(
      request, [&](std::size_t done, std::size_t total) { bar.show("images", done, total); });
  bar.clear();
  if (messages.quiet) return cxr::kSuccess;
  for (const std::string& note : summary.notes) std::cerr << "cxr-merge: " << note << '\n';
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  std::cerr << summary.images << " of " << cxr::counted(summary.listed, "image") << ", "
            << summary.skipped << " skipped, " << summary.unsure << " unsure, " << summary.failed
            << " failed, " << cxr::format_duration(time.count()) << ": " << request.output.string()
            << ". For research only, not for diagnosis.\n";
  return cxr::kSuccess;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Puts the output folders of all shards of a list (cxr-infer --shard) together, as if a "
      "single\n"
      "run had written them. For research only, not for diagnosis.",
      "cxr-merge"};
  cxr::MergeRequest request;
  cxr::Messages messages;
  request.command.assign(argv, argv + argc);
  app.option_defaults()->group("Merge");
  app.add_option("shards", request.shards, "Output folders of the shards")
      ->required()
      ->type_name("DIR");
  app.add_option("-o,--output", request.output, "Folder for all results")
      ->required()
      ->type_name("DIR");
  app.add_flag("--partial", request.partial,
               "Merge what is there, though shards are missing or unfinished; can be repeated");
  app.add_option("--title", request.title, "Title of the report")
      ->type_name("TEXT")
      ->default_str(request.title);
  add_message_options(app, messages);
  app.footer("Example:\n  cxr-merge --output results shards/*\n" + cxr::exit_status_help());
  return cxr::run_program(app, argc, argv, [&] { return run(request, messages); });
}
