using System.CommandLine;

namespace SkyDriver.Cli.Commands;

/// <summary><c>skydriver completion</c>: scripts that have a shell ask this program what may come next.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _skydriver() {
          local word=${COMP_WORDS[COMP_CWORD]} IFS=$'\n'
          COMPREPLY=($(compgen -W "$(skydriver "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "$word"))
          [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$word"))
        }
        complete -o filenames -F _skydriver skydriver
        """;

    private const string Zsh = """
        #compdef skydriver
        _skydriver() {
          local -a found
          found=("${(@f)$(skydriver "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
          if (( ${#found} )) && [[ -n ${found[1]} ]]; then compadd -- "${found[@]}"; else _files; fi
        }
        compdef _skydriver skydriver
        """;

    private const string Fish = """
        function __skydriver_complete
            set -l line (commandline -cp)
            skydriver "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c skydriver -a '(__skydriver_complete)'
        """;

    public static Command Create()
    {
        Argument<string> shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish.", HelpName = "bash|zsh|fish" }.AcceptOnlyFromAmong("bash", "zsh", "fish");
        Command command = new("completion", """
            Prints a script that lets a shell complete this program's words.

            Examples:
              source <(skydriver completion bash)      # in ~/.bashrc
              source <(skydriver completion zsh)       # in ~/.zshrc
              skydriver completion fish | source       # in ~/.config/fish/config.fish
            """)
        {
            shell,
        };
        command.SetAction((parsed, _) => CommandRunner.GuardAsync(_ =>
        {
            Console.WriteLine(parsed.GetValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish });
            return Task.FromResult(ExitCodes.Done);
        }));
        return command;
    }
}
