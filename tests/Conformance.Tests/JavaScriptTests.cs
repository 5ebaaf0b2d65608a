using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;

namespace SkyDriver.Conformance.Tests;

/// <summary>An independent client: Dapr's SDK for JavaScript as the app of a sidecar in a process of its own.</summary>
public sealed class JavaScriptTests(DaprTarget target)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private static readonly string Source = Path.Combine(TestPaths.Repository, "tests", "Conformance.JavaScript");
    private static readonly string Installed = Path.Combine(TestPaths.Repository, "artifacts", "javascript");

    [Fact]
    public async Task JavaScriptSdk_EveryBlock_FindsWhatItExpects()
    {
        target.EmbeddedOnly("this test itself starts a sidecar");
        Assert.SkipUnless(IsThere("node") && IsThere("npm"), "node and npm are not here");
        string? fault = await InstallAsync();
        Assert.SkipUnless(fault is null, $"the packages of the JavaScript SDK cannot be had: {fault}");
        string folder = Directory.CreateTempSubdirectory("conformance-js-").FullName;
        try
        {
            string[] run = [Path.Combine(AppContext.BaseDirectory, "skydriver-sidecar.dll"), "run", "--app-id", "js", "--app-port", "0", "--resources-path", Path.Combine(Source, "resources"), "--", "node", Path.Combine(Installed, "main.mjs")];
            (int exitCode, string output) = await RunAsync("dotnet", run, folder);
            string[] faults = [.. output.Split('\n').Where(line => line.StartsWith("not ok", StringComparison.Ordinal))];
            Assert.True(faults.Length == 0, string.Join('\n', faults));
            Assert.True(exitCode == 0 && output.Contains("javascript: ", StringComparison.Ordinal), output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool IsThere(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, program)));

    /// <summary>Puts scripts and packages where git does not look. What was installed of the same lock file stays.</summary>
    /// <returns>Why the packages cannot be had; null when they are there.</returns>
    private static async Task<string?> InstallAsync()
    {
        Directory.CreateDirectory(Installed);
        foreach (string file in Directory.EnumerateFiles(Source)) File.Copy(file, Path.Combine(Installed, Path.GetFileName(file)), overwrite: true);
        string mark = Path.Combine(Installed, "node_modules", ".installed-of");
        string wanted = Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(Source, "package-lock.json"))));
        if (File.Exists(mark) && await File.ReadAllTextAsync(mark) == wanted) return null;
        (int exitCode, string output) = await RunAsync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], Installed);
        if (exitCode != 0) return output;
        await File.WriteAllTextAsync(mark, wanted);
        return null;
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string program, IReadOnlyList<string> arguments, string folder)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("SIDECAR_HOST_SOCKET");
        start.Environment["JS_SECRET_WORD"] = "xyzzy";
        using Process process = Process.Start(start)!;
        ConcurrentQueue<string> lines = [];
        process.OutputDataReceived += (_, line) => lines.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => lines.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using CancellationTokenSource limit = new(Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, string.Join('\n', lines));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} did not end within {Limit.TotalMinutes} min. It said:\n{string.Join('\n', lines)}");
        }
    }
}
