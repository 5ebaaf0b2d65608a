using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using SkyDriver.Sidecar.Run;

namespace SkyDriver.Conformance.Tests;

/// <summary>The suites know the target by its published API only: they run as the app of a sidecar in a process of its own.</summary>
public sealed partial class ExternalTargetTests(DaprTarget target)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task Suites_AsTheAppOfASidecarProcess_PassToo()
    {
        target.EmbeddedOnly("this test itself starts another target");
        string folder = Directory.CreateTempSubdirectory("conformance-external-").FullName;
        try
        {
            (int exitCode, string output) = await RunAsync(folder);
            Match summary = Summary().Match(output);
            Assert.True(exitCode == 0 && summary.Success, output);
            // Failures would have shown in the exit code; what must not happen is that all of it is skipped.
            Assert.True(Number(summary, 1) - Number(summary, 2) > 50, output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string folder)
    {
        string here = AppContext.BaseDirectory;
        ProcessStartInfo start = new(Path.Combine(TestPaths.Repository, "tests", "conformance-against"), ["dotnet", Path.Combine(here, "skydriver-sidecar.dll"), "run"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["CONFORMANCE_APP_PORT"] = FreePort.Take().ToString(CultureInfo.InvariantCulture);
        start.Environment["CONFORMANCE_COMMAND"] = $"dotnet {Path.Combine(here, "Conformance.Tests.dll")} -noLogo -noColor";
        start.Environment.Remove("SIDECAR_HOST_SOCKET");
        // On one server it would be a replica of the embedded target, and take half of its messages.
        start.Environment.Remove("CONFORMANCE_RABBITMQ");
        using Process process = Process.Start(start)!;
        using CancellationTokenSource limit = new(Limit);
        Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token), errors = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, string.Join('\n', (await output + await errors).Split('\n').Where(line => !IsAboutSkipped(line))));
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    private static bool IsAboutSkipped(string line) => line.Contains("[SKIP]", StringComparison.Ordinal) || line.Contains("embedded sidecar only", StringComparison.Ordinal) || line.Contains("the target has no component", StringComparison.Ordinal);

    private static int Number(Match summary, int group) => int.Parse(summary.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Total: (\d+),.* Skipped: (\d+)")]
    private static partial Regex Summary();
}
