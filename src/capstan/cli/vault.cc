// capstan vault set|get|list|delete: what is in a vault file, for whoever operates components. A
// secret is never an argument, which others could see, and is shown only on request.
#include <capstan/base/printable.h>
#include <capstan/cli/commands.h>
#include <capstan/platform/vault_admin.h>

#include <fmt/format.h>

#include <unistd.h>

#include <cstdio>
#include <memory>
#include <optional>

namespace capstan::cli {
namespace {

using base::printable;
using platform::MissingVault;
using platform::VaultAdmin;

struct VaultCommand {
  platform::VaultAddress address;
  std::string application;
  std::string locker;
  std::string id;
  std::string value_file;
  bool trim = false;
  bool show = false;

  [[nodiscard]] std::string full_locker() const { return platform::locker_of(application, locker); }
};

Result<void> set(const VaultCommand& command) {
  CAPSTAN_TRY(VaultAdmin vault, VaultAdmin::open(command.address, MissingVault::made_when_needed));
  CAPSTAN_TRY(Bytes secret, platform::read_secret(command.value_file));
  if (command.trim) secret = platform::without_line_end(secret);
  return vault.set(command.full_locker(), command.id, std::move(secret));
}

Error no_such_secret(const VaultCommand& command) {
  return Error(ErrorCode::host, fmt::format("there is no secret '{}' in the locker '{}' of '{}'",
                                            printable(command.id), printable(command.full_locker()),
                                            command.address.path));
}

Result<void> get(const VaultCommand& command) {
  CAPSTAN_TRY(VaultAdmin vault, VaultAdmin::open(command.address, MissingVault::refused));
  CAPSTAN_TRY(const auto secret, vault.get(command.full_locker(), command.id));
  if (!secret) return std::unexpected(no_such_secret(command));
  if (command.show) return platform::write_secret(STDOUT_FILENO, *secret);
  fmt::print("{} bytes; --show prints them\n", secret->size());
  return {};
}

Result<void> remove(const VaultCommand& command) {
  CAPSTAN_TRY(VaultAdmin vault, VaultAdmin::open(command.address, MissingVault::refused));
  CAPSTAN_TRY(const bool removed, vault.remove(command.full_locker(), command.id));
  if (!removed) return std::unexpected(no_such_secret(command));
  return {};
}

Result<void> list(const VaultCommand& command) {
  CAPSTAN_TRY(VaultAdmin vault, VaultAdmin::open(command.address, MissingVault::refused));
  const bool one = !command.locker.empty();
  CAPSTAN_TRY(const auto listing,
              vault.list(one ? std::optional(command.full_locker()) : std::nullopt));
  const std::string own = command.application.empty() ? "" : command.application + "/";
  for (const auto& [locker, ids] : listing) {
    if (!one && !locker.starts_with(own)) continue;
    for (const std::string& id : ids)
      fmt::print("{}{}{}\n", one ? "" : printable(locker), one ? "" : "\t", printable(id));
  }
  return {};
}

void define_one(CLI::App& vault, Session& session, const std::shared_ptr<VaultCommand>& command,
                const char* name, const char* help, Result<void> (*run)(const VaultCommand&)) {
  CLI::App* one = vault.add_subcommand(name, help);
  const std::string_view which = name;
  one->add_option("PATH", command->address.path, "the vault's file")->required();
  auto* locker = one->add_option("LOCKER", command->locker,
                                 "the locker, as the component calls it when --app is given");
  if (which != "list") {
    locker->required();
    one->add_option("ID", command->id, "which secret")->required();
  }
  if (which == "set") {
    one->add_option("--value-file", command->value_file,
                    "take the secret from a file; without it, from standard input")
        ->type_name("FILE");
    one->add_flag("--trim", command->trim, "leave out the end of the last line");
  }
  if (which == "get")
    one->add_flag("--show", command->show, "print the secret, as it is, on standard output");
  auto* key = one->add_option("--key-env", command->address.key_variable,
                              "the variable that has the key (default: CAPSTAN_VAULT_KEY)");
  key->type_name("NAME");
  one->add_option("--passphrase-env", command->address.passphrase_variable,
                  "the variable that has the passphrase, when it is locked with one")
      ->type_name("NAME")
      ->excludes(key);
  one->add_option("--app", command->application,
                  "whose locker it is; a backend with shared=yes has none")
      ->type_name("NAME");
  add_session_options(*one, session);
  one->callback([command, run, &session] {
    const auto done = run(*command);
    if (done) return;
    if (done.error().code() == ErrorCode::host)  // nothing is wrong but that it is not there
      return session.fail(platform::ExitStatus::failure, done.error().message());
    session.fail(done.error());
  });
}

}  // namespace

void define_vault(CLI::App& app, Session& session) {
  auto command = std::make_shared<VaultCommand>();  // owned by the callbacks
  CLI::App* vault = app.add_subcommand("vault", "put secrets into a vault file, and look at it");
  vault->require_subcommand(1);
  define_one(*vault, session, command, "set", "store a secret", set);
  define_one(*vault, session, command, "get", "say how long a secret is, or show it", get);
  define_one(*vault, session, command, "list", "the ids of secrets, and never themselves", list);
  define_one(*vault, session, command, "delete", "remove a secret", remove);
}

}  // namespace capstan::cli
