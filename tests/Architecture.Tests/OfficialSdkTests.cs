using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace SkyDriver.Architecture.Tests;

/// <summary>
/// What <c>-p:DaprSdk=nuget</c> makes of the projects, by MSBuild's own evaluation. The packages need not be here for
/// that: nothing is restored.
/// </summary>
public sealed partial class OfficialSdkTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private static readonly ConcurrentDictionary<(string Project, string Question, string Sdk), Lazy<Task<JsonDocument>>> Answers = new();

    private static readonly string[] Official =
        ["Dapr.Actors", "Dapr.Actors.AspNetCore", "Dapr.AspNetCore", "Dapr.Client", "Dapr.Messaging", "Dapr.Workflow"];

    private static readonly string[] Users =
    [
        "apps/SkyDriver.Api", "apps/SkyDriver.Orchestrator", "apps/SkyDriver.Scanner", "apps/SkyDriver.Worker", "libs/SkyDriver.Hosting",
        "workflows/SkyDriver.Workflows", "tests/Conformance.Tests", "tests/Apps.Tests",
    ];

    /// <summary>Namespaces an application may take from Dapr; all of them exist in the official packages.</summary>
    private static readonly string[] AllowedNamespaces =
    [
        "Dapr", "Dapr.Client", "Dapr.AspNetCore", "Dapr.Actors", "Dapr.Actors.Client", "Dapr.Actors.Runtime", "Dapr.Workflow", "Dapr.Workflow.Client",
        "Dapr.Workflow.Abstractions", "Dapr.Messaging.PublishSubscribe", "Dapr.Messaging.PublishSubscribe.Extensions", "Grpc.Core",
    ];

    public static TheoryData<string> Projects() => [.. Users];

    [Theory]
    [MemberData(nameof(Projects))]
    public async Task Graph_WithOfficialPackages_HasAllOfThemAndNotTheSubset(string project)
    {
        var graph = await GraphAsync(project);
        Assert.DoesNotContain(graph.Projects, p => p.EndsWith("/Dapr.Sdk.csproj", StringComparison.Ordinal));
        Assert.Equal(Official, graph.Packages.Where(p => p.Key.StartsWith("Dapr.", StringComparison.Ordinal)).Select(p => p.Key).Order(StringComparer.Ordinal));
        // Central versions: a project that names one itself would drift.
        Assert.All(graph.Packages.Values, version => Assert.Equal("", version));
    }

    [Fact]
    public async Task Versions_WithOfficialPackages_AreThePinnedOnes()
    {
        var answer = await EvaluateAsync("libs/SkyDriver.Hosting", "-getItem:PackageVersion;-getProperty:WarningsNotAsErrors");
        var versions = answer.RootElement.GetProperty("Items").GetProperty("PackageVersion").EnumerateArray()
            .ToDictionary(i => i.GetProperty("Identity").GetString()!, i => i.GetProperty("Version").GetString()!);
        Assert.All(Official, package => Assert.Equal("1.18.5", versions[package]));
        Assert.Equal(("3.35.0", "2.80.0"), (versions["Google.Protobuf"], versions["Grpc.Core.Api"]));
        string demoted = answer.RootElement.GetProperty("Properties").GetProperty("WarningsNotAsErrors").GetString()!;
        Assert.All((string[])["nullable", "CS0612", "CS0618", "DAPR1303", "DAPR1401", "DAPR1501", "DAPR1601", "DAPR1701", "DAPR4002", "DAPR_DISTRIBUTEDLOCK"],
            warning => Assert.Contains(warning, demoted.Split(';')));
    }

    [Fact]
    public async Task Versions_WithTheSubset_HoldNoOfficialPackage()
    {
        var answer = await EvaluateAsync("libs/SkyDriver.Hosting", "-getItem:PackageVersion,PackageReference,ProjectReference", sdk: "bundled");
        Assert.DoesNotContain("\"Dapr.Client\"", answer.RootElement.GetRawText());
        Assert.Contains("Dapr.Sdk.csproj", answer.RootElement.GetRawText());
    }

    /// <summary>The exceptions of gRPC must be one type per process, or a catch of an app would miss.</summary>
    [Fact]
    public async Task Grpc_WithOfficialPackages_TakesItsExceptionsFromTheirPackage()
    {
        var answer = await EvaluateAsync("libs/SkyDriver.Grpc", "-getItem:Compile,PackageReference");
        var items = answer.RootElement.GetProperty("Items");
        Assert.DoesNotContain("RpcException.cs", items.GetProperty("Compile").GetRawText());
        Assert.Contains("Grpc.Core.Api", items.GetProperty("PackageReference").GetRawText());
    }

    [Fact]
    public void Applications_Sources_UseOnlyWhatBothSdksHave()
    {
        var faults = new List<string>();
        foreach (string file in ApplicationSources())
        {
            string text = File.ReadAllText(file);
            string name = Path.GetRelativePath(TestPaths.Repository, file);
            faults.AddRange(DaprNamespace().Matches(text).Select(m => m.Groups[1].Value).Except(AllowedNamespaces).Select(n => $"{name}: namespace {n}"));
            faults.AddRange(Forbidden().Matches(text).Select(m => $"{name}: {m.Value}"));
            if (text.Contains("#if", StringComparison.Ordinal)) faults.Add($"{name}: #if");
        }

        Assert.True(faults.Count == 0, "Not of the surface that official packages share:\n" + string.Join('\n', faults));
    }

    private static IEnumerable<string> ApplicationSources() => Users.Where(u => !u.StartsWith("tests/", StringComparison.Ordinal))
        .SelectMany(u => Directory.EnumerateFiles(Path.Combine(TestPaths.Repository, u), "*.cs", SearchOption.AllDirectories))
        .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    /// <summary>References of a project and of all it refers to.</summary>
    private static async Task<Graph> GraphAsync(string project)
    {
        var graph = new Graph([], []);
        var open = new Queue<string>([ProjectFile(project)]);
        while (open.TryDequeue(out string? file))
        {
            var answer = await EvaluateAsync(file, "-getItem:PackageReference,ProjectReference");
            var items = answer.RootElement.GetProperty("Items");
            foreach (var item in items.GetProperty("PackageReference").EnumerateArray())
            {
                graph.Packages[item.GetProperty("Identity").GetString()!] = item.TryGetProperty("Version", out var version) ? version.GetString()! : "";
            }

            foreach (string next in items.GetProperty("ProjectReference").EnumerateArray().Select(i => i.GetProperty("FullPath").GetString()!.Replace('\\', '/')))
            {
                if (graph.Projects.Add(next)) open.Enqueue(next);
            }
        }

        return graph;
    }

    /// <summary>One evaluation per project, whichever test asks first: each costs a process.</summary>
    private static Task<JsonDocument> EvaluateAsync(string project, string question, string sdk = "nuget") =>
        Answers.GetOrAdd((ProjectFile(project), question, sdk), key => new Lazy<Task<JsonDocument>>(() => AskAsync(key.Project, key.Question, key.Sdk))).Value;

    private static async Task<JsonDocument> AskAsync(string project, string question, string sdk)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = TestPaths.Repository,
        };
        start.ArgumentList.Add("msbuild");
        // A node that outlives the process would keep its output open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.ArgumentList.Add(project);
        start.ArgumentList.Add("-p:DaprSdk=" + sdk);
        foreach (string argument in question.Split(';')) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Limit);
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        Assert.True(process.ExitCode == 0, $"{project}: {await output}{await errors}");
        return JsonDocument.Parse(await output);
    }

    private static string ProjectFile(string project) => project.EndsWith(".csproj", StringComparison.Ordinal)
        ? Path.GetFullPath(project)
        : Directory.EnumerateFiles(Path.Combine(TestPaths.Repository, project), "*.csproj").Single();

    [GeneratedRegex(@"^\s*(?:global\s+)?using\s+(?:static\s+)?((?:Dapr|Grpc)(?:\.\w+)*)\s*;", RegexOptions.Multiline)]
    private static partial Regex DaprNamespace();

    /// <summary>Types that only one of the two SDKs has, or that the official one may change without notice.</summary>
    [GeneratedRegex(@"\b(?:Autogen|CallInvoker|GrpcChannel\w*|UseGrpcChannelOptions|CreateInvocationInvoker|DaprClientGrpc)\b")]
    private static partial Regex Forbidden();

    private sealed record Graph(HashSet<string> Projects, Dictionary<string, string> Packages);
}
