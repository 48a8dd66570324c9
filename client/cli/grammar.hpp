#pragma once

#include "client/cli/command_line.hpp"
#include "client/cli/help_texts.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace parley::client::cli {

/// Collects what CLI11 fills; each `add_…` describes one command.
class Grammar {
  public:
    Grammar();

    CLI::App app{about};
    Common common;
    Command command;

  private:
    /// A command whose options fill the fresh `Options`; chosen when its callback runs.
    template <class Options>
    CLI::App& add(const char* name, const char* does, std::shared_ptr<Options>& options) {
        options = std::make_shared<Options>();
        CLI::App* sub = app.add_subcommand(name, does);
        sub->group(group_)->footer(more_help);
        sub->callback([this, options] { command = *options; });
        return *sub;
    }
    /// The same for a command that is about one conversation, which `Options` names.
    template <class Options>
    CLI::App& add_about_place(const char* name, const char* does, std::shared_ptr<Options>& options) {
        CLI::App& sub = add(name, does, options);
        sub.add_option("CONVERSATION", options->conversation, "Which one; see below")
            ->required()
            ->option_text(" ");
        sub.footer(std::string(places_help) + more_help);
        return sub;
    }

    static void add_message_option(CLI::App& sub, std::string& message) {
        sub.add_option("MESSAGE", message, "Its id, as --json prints it, or last for your newest one")
            ->required()
            ->option_text(" ");
    }

    void add_common();
    void add_accounts();
    void add_conversations();
    void add_own_settings();
    void add_blocks();
    void add_members();
    void add_roles();
    void add_links();
    void add_forwarding();
    void add_changes();
    void add_pins();
    void add_live();
    void add_messages();
    void add_upkeep();

    /// Under which heading the help lists what is added.
    std::string group_;
};

}  // namespace parley::client::cli
