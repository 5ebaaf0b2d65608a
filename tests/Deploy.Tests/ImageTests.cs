using System.Text.RegularExpressions;
using System.Xml.Linq;
using SkyDriver.Deploy.Tests.Harness;

namespace SkyDriver.Deploy.Tests;

/// <summary>The Dockerfiles: what can be known of them without building an image.</summary>
public sealed partial class ImageTests
{
    private static readonly string Folder = Path.Combine(TestPaths.Repository, "images");

    /// <summary>Programs that the chart runs, by the entry point of their image.</summary>
    private static readonly Dictionary<string, string> Programs = new()
    {
        ["skydriver-api.dll"] = "SkyDriver.Api",
        ["skydriver-orchestrator.dll"] = "SkyDriver.Orchestrator",
        ["skydriver-scanner.dll"] = "SkyDriver.Scanner",
        ["skydriver-kubernetes-jobs.dll"] = "SkyDriver.KubernetesJobs",
        ["/app/skydriver-worker"] = "SkyDriver.Worker",
        ["/app/skydriver-htcondor"] = "SkyDriver.HtCondor",
    };

    public static TheoryData<string> Files() => [.. Directory.EnumerateFiles(Folder, "*.Dockerfile").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Dockerfile_IsSound(string file) => Assert.Empty(Judge(File.ReadAllText(Path.Combine(Folder, file))));

    [Theory]
    [InlineData("USER 1654:1654", "USER root", "ends as user 'root'")]
    [InlineData("USER 1654:1654", "", "ends as user ''")]
    [InlineData(":10.0.12-noble-chiseled", ":latest", "is not pinned")]
    [InlineData("COPY workflows workflows", "COPY workflow workflow", "'workflow' is not there")]
    [InlineData("COPY libs libs", "COPY tests libs", "'tests' is kept out")]
    [InlineData("-c Release -o /app", "-o /app", "is no release")]
    [InlineData("SkyDriver.Api.csproj", "SkyDriver.Apis.csproj", "is no project")]
    [InlineData("AS api\nCOPY --from=build-api", "AS api\nCOPY --from=build-apis", "stage 'build-apis' is not there")]
    [InlineData("\"skydriver-api.dll\"", "\"api.dll\"", "starts 'api.dll'")]
    public void Dockerfile_Broken_IsCaught(string old, string broken, string fault)
    {
        string text = File.ReadAllText(Path.Combine(Folder, "services.Dockerfile"));
        Assert.Contains(old, text, StringComparison.Ordinal);
        Assert.Contains(Judge(text.Replace(old, broken, StringComparison.Ordinal)), f => f.Contains(fault, StringComparison.Ordinal));
    }

    [Fact]
    public void Images_AreThoseThatTheChartRuns()
    {
        string all = string.Concat(Directory.EnumerateFiles(Folder, "*.Dockerfile").Select(File.ReadAllText));
        string[] built = [.. Tag().Matches(all).Select(m => m.Groups[1].Value).Concat(["skydriver-orchestrator", "skydriver-scanner"]).Distinct().Order(StringComparer.Ordinal)];
        string[] run =
        [
            .. Chart.Sites.SelectMany(s => Image().Matches(Chart.Example(s))).Select(m => m.Groups[1].Value).Distinct().Order(StringComparer.Ordinal),
        ];
        Assert.Equal(run, built);
    }

    [Fact]
    public void Context_IsAListOfWhatMayGoIn()
    {
        string[] lines = [.. File.ReadAllLines(Path.Combine(TestPaths.Repository, ".dockerignore")).Where(l => l.Length > 0 && !l.StartsWith('#'))];
        Assert.Equal("*", lines[0]);
        foreach (string entry in lines.Where(l => l.StartsWith('!'))) Assert.True(Path.Exists(Path.Combine(TestPaths.Repository, entry[1..])), $"{entry} is not there");
    }

    [Fact]
    public void WithSidecar_IsAProgramOfTheShell()
    {
        string file = Path.Combine(Folder, "with-sidecar");
        Assert.True(File.GetUnixFileMode(file).HasFlag(UnixFileMode.UserExecute));
        Assert.StartsWith("#!/bin/sh\n", File.ReadAllText(file), StringComparison.Ordinal);
    }

    private static IEnumerable<string> Judge(string text)
    {
        string[] lines = [.. text.Split('\n').Where(l => l.Length > 0 && !l.StartsWith('#'))];
        string[] stages = [.. lines.Select(l => From().Match(l)).Where(m => m.Success).Select(m => m.Groups[2].Value)];
        foreach (string image in lines.Select(l => From().Match(l)).Where(m => m.Success).Select(m => m.Groups[1].Value).Where(i => !stages.Contains(i) && !Pinned().IsMatch(i))) yield return $"{image} is not pinned";
        foreach (string fault in lines.Where(l => l.StartsWith("COPY ", StringComparison.Ordinal)).SelectMany(l => JudgeCopy(l, stages))) yield return fault;
        foreach (string line in lines.Where(l => l.StartsWith("RUN ", StringComparison.Ordinal)))
        {
            if (!line.StartsWith("RUN dotnet publish ", StringComparison.Ordinal)) yield return $"'{line}' does more than to publish";
            if (!line.Contains(" -c Release ", StringComparison.Ordinal)) yield return $"'{line}' is no release";
            if (!File.Exists(Path.Combine(TestPaths.Repository, line.Split(' ')[3]))) yield return $"{line.Split(' ')[3]} is no project";
        }

        string user = lines.LastOrDefault(l => l.StartsWith("USER ", StringComparison.Ordinal))?["USER ".Length..] ?? "";
        if (!Numeric().IsMatch(user)) yield return $"ends as user '{user}'";
        foreach (string program in lines.Where(l => l.StartsWith("ENTRYPOINT ", StringComparison.Ordinal)).Select(l => Last().Match(l).Groups[1].Value))
        {
            if (!Programs.TryGetValue(program, out string? project)) yield return $"starts '{program}', which is no program";
            else if (AssemblyOf(project) != Path.GetFileName(program).Replace(".dll", "", StringComparison.Ordinal)) yield return $"{project} is not '{program}'";
        }
    }

    private static IEnumerable<string> JudgeCopy(string line, string[] stages)
    {
        string[] words = line.Split(' ')[1..];
        string? stage = words.FirstOrDefault(w => w.StartsWith("--from=", StringComparison.Ordinal))?["--from=".Length..];
        if (stage is not null)
        {
            if (!stages.Contains(stage)) yield return $"stage '{stage}' is not there";
            yield break;
        }

        string[] allowed = [.. File.ReadAllLines(Path.Combine(TestPaths.Repository, ".dockerignore")).Where(l => l.StartsWith('!')).Select(l => l[1..])];
        foreach (string path in words.Where(w => !w.StartsWith("--", StringComparison.Ordinal)).SkipLast(1))
        {
            if (!Path.Exists(Path.Combine(TestPaths.Repository, path))) yield return $"'{path}' is not there";
            else if (!allowed.Contains(path)) yield return $"'{path}' is kept out of the context";
        }
    }

    private static string? AssemblyOf(string project) => (string?)XElement.Load(Path.Combine(TestPaths.Repository, "apps", project, project + ".csproj")).Descendants("AssemblyName").FirstOrDefault();

    [GeneratedRegex(@"^FROM (\S+)(?: AS (\S+))?$")]
    private static partial Regex From();

    [GeneratedRegex(@"(:\d+\.\d+\.\d+[-.\w]*|@sha256:[0-9a-f]{64})$")]
    private static partial Regex Pinned();

    [GeneratedRegex(@"^[1-9]\d*:[1-9]\d*$")]
    private static partial Regex Numeric();

    [GeneratedRegex(@"""([^""]+)""\]$")]
    private static partial Regex Last();

    [GeneratedRegex(@"-t icecube/(skydriver-[a-z-]+):")]
    private static partial Regex Tag();

    [GeneratedRegex(@"icecube/(skydriver-[a-z-]+):v")]
    private static partial Regex Image();
}
