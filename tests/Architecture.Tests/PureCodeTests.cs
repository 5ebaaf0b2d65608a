using System.Text.RegularExpressions;

namespace SkyDriver.Architecture.Tests;

/// <summary>Domain code takes time, randomness and bytes as arguments; hosts own the world.</summary>
public sealed partial class PureCodeTests
{
    private static readonly string[] PureLibraries = ["SkyDriver.Sky", "SkyDriver.IceCube", "SkyDriver.Reco", "SkyDriver.Scan", "SkyDriver.Products", "SkyDriver.Fleet"];

    [Theory]
    [InlineData("DateTime.Now")]
    [InlineData("DateTime.UtcNow")]
    [InlineData("DateTimeOffset.Now")]
    [InlineData("DateTimeOffset.UtcNow")]
    [InlineData("Stopwatch")]
    [InlineData("new Random(")]
    [InlineData("Random.Shared")]
    [InlineData("Environment.GetEnvironmentVariable")]
    [InlineData("Console.")]
    [InlineData("File.")]
    [InlineData("HttpClient")]
    [InlineData("ILogger")]
    [InlineData("Task.Delay")]
    [InlineData("Thread.Sleep")]
    [InlineData("async Task")]
    public void PureLibraries_NeverUse(string symbol)
    {
        string[] hits = [.. PureLibraries.SelectMany(Sources).Where(file => UsesSymbol(file, symbol)).Select(file => Path.GetRelativePath(TestPaths.Repository, file))];
        Assert.True(hits.Length == 0, $"'{symbol}' belongs in a host, not in: {string.Join(", ", hits)}");
    }

    /// <summary>The last bit of these depends on the processor or the system's C library; <c>SkyDriver.Sky.Numerics.Elementary</c> has the same for all.</summary>
    [Theory]
    [InlineData("Math.Sin(")]
    [InlineData("Math.Cos(")]
    [InlineData("Math.SinCos(")]
    [InlineData("Math.Tan(")]
    [InlineData("Math.Asin(")]
    [InlineData("Math.Acos(")]
    [InlineData("Math.Atan(")]
    [InlineData("Math.Atan2(")]
    [InlineData("Math.Exp(")]
    [InlineData("Math.Log(")]
    [InlineData("Math.Tanh(")]
    [InlineData("Vector256.Log(")]
    [InlineData("Vector256.Exp(")]
    [InlineData("Vector256.MultiplyAddEstimate(")]
    [InlineData("Vector256.MaxNative(")]
    [InlineData("Vector256.MinNative(")]
    [InlineData("Vector512.Log(")]
    [InlineData("Vector512.Exp(")]
    public void Numbers_ThatResultsAreMadeOf_NeverComeFrom(string symbol)
    {
        string[] hits = [.. new[] { "SkyDriver.Sky", "SkyDriver.IceCube", "SkyDriver.Reco", "SkyDriver.Scan" }.SelectMany(Sources)
            .Where(file => UsesSymbol(file, symbol)).Select(file => Path.GetRelativePath(TestPaths.Repository, file))];
        Assert.True(hits.Length == 0, $"'{symbol}' differs from machine to machine; use Elementary in: {string.Join(", ", hits)}");
    }

    [Theory]
    [InlineData("DateTime.Now")]
    [InlineData("DateTime.UtcNow")]
    [InlineData("DateTimeOffset.Now")]
    [InlineData("DateTimeOffset.UtcNow")]
    [InlineData("Random.Shared")]
    [InlineData("Guid.NewGuid")]
    [InlineData("Task.Run")]
    [InlineData("ConfigureAwait")]
    public void Workflows_StayDeterministic(string symbol)
    {
        string[] hits = [.. Sources("SkyDriver.Workflows").Where(file => UsesSymbol(file, symbol))];
        Assert.Empty(hits);
    }

    [Fact]
    public void Sidecar_KnowsNothingOfSkyDriver()
    {
        // Its own namespaces carry the product's name; anything of the domain must not appear.
        string[] words = ["ScanActor", "skydriver-scanner", "skydriver-worker", "PixelBatch", "SkyDriver.Contracts", "SKYDRIVER_"];
        string[] hits = [.. Sources("SkyDriver.Sidecar").SelectMany(file => words.Where(w => File.ReadAllText(file).Contains(w)).Select(w => $"{Path.GetFileName(file)}: {w}"))];
        Assert.Empty(hits);
    }

    private static bool UsesSymbol(string file, string symbol)
    {
        string pattern = (char.IsLetter(symbol[0]) ? @"(?<![\w.])" : "") + Regex.Escape(symbol);
        return File.ReadLines(file).Select(line => Comment().Replace(line, "")).Any(line => Regex.IsMatch(line, pattern));
    }

    private static IEnumerable<string> Sources(string project)
    {
        string folder = new[] { "libs", "workflows", "apps" }.Select(f => Path.Combine(TestPaths.Repository, f, project)).First(Directory.Exists);
        return Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories);
    }

    [GeneratedRegex(@"//.*$")]
    private static partial Regex Comment();
}
