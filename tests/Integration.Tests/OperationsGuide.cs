using System.Diagnostics;
using System.Text.RegularExpressions;

namespace SkyDriver.Integration.Tests;

/// <summary>The commands of docs/operations.md, and a shell that runs them where they stand.</summary>
internal sealed partial class OperationsGuide(string folder)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Programs that the guide has people call.</summary>
    private static readonly string[] Programs = ["skydriver", "pg_dump", "pg_restore", "redis-cli", "cp", "rm", "kubectl", "helm", "dapr"];

    /// <summary>Every command, from blocks and from sentences, each once.</summary>
    public static IReadOnlyList<string> Commands { get; } = Read(File.ReadAllText(Path.Combine(TestPaths.Repository, "docs", "operations.md")));

    /// <summary>The one command that begins so.</summary>
    public static string Command(string start) => Assert.Single(Commands, c => c.StartsWith(start, StringComparison.Ordinal));

    /// <summary>Runs a line as a person's shell does, and expects it to succeed.</summary>
    public async Task<string> RunAsync(string line, params (string Name, string Value)[] variables)
    {
        (int exitCode, string output, string errors) = await TryAsync(line, variables);
        Assert.True(exitCode == 0, $"'{line}' ended with {exitCode}: {output}{errors}");
        return output;
    }

    private async Task<(int ExitCode, string Output, string Errors)> TryAsync(string line, (string Name, string Value)[] variables)
    {
        ProcessStartInfo start = new("bash", ["-euo", "pipefail", "-c", line]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{Path.Combine(TestPaths.Repository, "artifacts", "bin", "SkyDriver.Cli", "release")}:{start.Environment["PATH"]}";
        foreach ((string name, string value) in variables) start.Environment[name] = value;
        using Process shell = Process.Start(start)!;
        Task<string> output = shell.StandardOutput.ReadToEndAsync(), errors = shell.StandardError.ReadToEndAsync();
        using CancellationTokenSource late = new(Patience);
        try
        {
            await shell.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            shell.Kill(entireProcessTree: true);
            Assert.Fail($"'{line}' did not end within {Patience.TotalMinutes:0} minutes");
        }

        return (shell.ExitCode, await output, await errors);
    }

    private static string[] Read(string guide)
    {
        IEnumerable<string> ofBlocks = BlockLine().Matches(guide).Select(m => m.Groups[1].Value), ofSentences = Inline().Matches(Block().Replace(guide, "")).Select(m => m.Groups[1].Value.Replace('\n', ' '));
        return [.. ofBlocks.Concat(ofSentences).Select(c => c.Trim()).Where(c => Programs.Contains(c.Split(' ')[0]) && c.Contains(' ')).Distinct()];
    }

    [GeneratedRegex(@"^\$ (.+)$", RegexOptions.Multiline)]
    private static partial Regex BlockLine();

    [GeneratedRegex("^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Inline();
}
