using static SkyDriver.Testing.Loopback.LoopbackService;

namespace SkyDriver.Integration.Tests;

/// <summary>What holds for every command: exit codes, completion, documentation.</summary>
public sealed class CommandRulesTests : ServiceDoubleTests
{
    [Theory]
    [InlineData(400, 6, "correct what it names")]
    [InlineData(401, 3, "skydriver login")]
    [InlineData(403, 3, "role")]
    [InlineData(404, 4, "skydriver scan list")]
    [InlineData(413, 6, "correct what it names")]
    [InlineData(422, 6, "as things stand")]
    [InlineData(500, 1, "log")]
    [InlineData(503, 5, "try again")]
    public async Task ExitCodes_AreFixedAndTheTextSaysTheNextStep(int status, int expected, string nextStep)
    {
        // More patience than the command has: it does not wait for it.
        Service.On("GET", "/scan/s1/status", Error(status, "said by the service", retryAfter: "3600"));
        (int exitCode, _, string errors) = await RunAsync("scan", "show", "s1");
        Assert.Equal(expected, exitCode);
        Assert.Contains("said by the service", errors);
        Assert.Contains(nextStep, errors);
    }

    [Theory]
    [InlineData("--server", "scan", "list", "--server", "nonsense")]
    [InlineData("--limit", "scan", "list", "--limit", "0")]
    [InlineData("COUNT", "scan", "add-workers", "s1", "0")]
    [InlineData("--jsonl", "scan", "list", "--json", "--jsonl")]
    [InlineData("--jsonl", "scan", "events", "--json")]
    [InlineData("skydriver scan show --help", "scan", "show")]
    [InlineData("skydriver scan --help", "scan", "fly", "--far")]
    [InlineData("must be https", "login", "--server", "http://skydriver.example.org", "--issuer", "https://keys.example.org")]
    public async Task WrongUse_ExitCodeTwoNamesWhatIsWrongAndAsksNobody(string named, params string[] arguments)
    {
        (int exitCode, string output, string errors) = await RunAsync(arguments);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains(named, errors);
        Assert.Empty(Service.Asked);
    }

    [Theory]
    [InlineData("skydriver sc", "scan")]
    [InlineData("skydriver scan wat", "watch")]
    [InlineData("skydriver scan rescan --ab", "--abort-first")]
    [InlineData("skydriver up --runtime ", "daprd embedded")]
    [InlineData("skydriver completion f", "fish")]
    [InlineData("skydriver scan run examples/tr", "examples/track.json")]
    public async Task Completion_InBash_CompletesCommandsOptionsValuesAndFiles(string line, string expected)
    {
        string words = line.EndsWith(' ') ? line + "''" : line;
        (int exitCode, string output, string errors) = await RunInBashAsync(
            $"source <(skydriver completion bash); COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}; _skydriver; printf '%s\\n' \"${{COMPREPLY[@]}}\" | sort | paste -sd ' '");
        Assert.True(exitCode == 0, errors);
        Assert.Equal(expected, output.Trim());
        Assert.Equal("", errors);
    }

    [Theory]
    [InlineData("zsh", "autoload -U compinit; compinit -u -D; source <(skydriver completion zsh); CURSOR=18; BUFFER='skydriver scan wat'; compadd() { shift; print -l -- $@ }; _skydriver")]
    [InlineData("fish", "skydriver completion fish | source; complete -C 'skydriver scan wat'")]
    public async Task Completion_InOtherShells_CompletesCommands(string shell, string script)
    {
        string? program = Environment.GetEnvironmentVariable("PATH")!.Split(':').Select(folder => Path.Combine(folder, shell)).FirstOrDefault(File.Exists);
        Assert.Contains("[suggest:", (await RunAsync("completion", shell)).Output);
        Assert.SkipUnless(program is not null, $"{shell} is not installed here");
        (int exitCode, string output, string errors) = await RunInShellAsync(program!, script);
        Assert.True(exitCode == 0, errors);
        Assert.Equal("watch", output.Trim());
    }

    [Fact]
    public async Task Help_NobodyReads_EndsWithoutAWord()
    {
        (_, string output, string errors) = await RunInBashAsync("exec 3> >(:); wait $!; skydriver scan --help >&3; echo $?");
        Assert.Equal("141", output.Trim());
        Assert.Equal("", errors);
    }

    [Fact]
    public async Task Documentation_NamesEveryCommandAndEveryExitCode()
    {
        string page = await File.ReadAllTextAsync(Path.Combine(TestPaths.Repository, "docs", "command-line.md"));
        foreach (string group in new[] { "", "scan " })
        {
            string[] commands = [.. (await RunAsync("[suggest:99]", $"skydriver {group}")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(w => char.IsAsciiLetter(w[0]))];
            Assert.Contains(group == "" ? "scan" : "watch", commands);
            Assert.All(commands, command => Assert.Contains($"`{group}{command}", page));
        }

        foreach (int code in new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130, 141 }) Assert.Contains($"| {code} |", page);
    }
}
