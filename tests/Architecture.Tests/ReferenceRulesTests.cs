using System.Xml.Linq;

namespace SkyDriver.Architecture.Tests;

/// <summary>The table of who may reference whom. A new arrow is a decision: change the table with a note in docs/decisions.</summary>
public sealed class ReferenceRulesTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["SkyDriver.Sky"] = [],
        ["SkyDriver.IceCube"] = ["SkyDriver.Sky"],
        ["SkyDriver.Reco"] = ["SkyDriver.IceCube", "SkyDriver.Sky"],
        ["SkyDriver.External"] = ["SkyDriver.Reco", "SkyDriver.IceCube"],
        ["SkyDriver.Contracts"] = [],
        ["SkyDriver.Scan"] = ["SkyDriver.Reco", "SkyDriver.IceCube", "SkyDriver.Sky", "SkyDriver.Contracts"],
        ["SkyDriver.Products"] = ["SkyDriver.Scan", "SkyDriver.Sky"],
        ["SkyDriver.Fleet"] = ["SkyDriver.Contracts"],
        ["SkyDriver.Grpc"] = [],
        ["SkyDriver.Components"] = ["SkyDriver.Grpc"],
        ["Dapr.Sdk"] = ["SkyDriver.Grpc"],
        ["Kubernetes.Sdk"] = [],
        ["SkyDriver.Hosting"] = ["Dapr.Sdk", "SkyDriver.Contracts"],
        ["SkyDriver.Client"] = ["SkyDriver.Contracts"],
        ["SkyDriver.Workflows"] = ["SkyDriver.Contracts", "Dapr.Sdk"],
        ["SkyDriver.Api"] = ["SkyDriver.Contracts", "SkyDriver.Scan", "SkyDriver.Hosting", "Dapr.Sdk"],
        ["SkyDriver.Orchestrator"] = ["SkyDriver.Workflows", "SkyDriver.Contracts", "SkyDriver.Scan", "SkyDriver.Fleet", "SkyDriver.Hosting", "Dapr.Sdk"],
        ["SkyDriver.Scanner"] = ["SkyDriver.Contracts", "SkyDriver.Scan", "SkyDriver.Hosting", "Dapr.Sdk"],
        ["SkyDriver.Worker"] = ["SkyDriver.Contracts", "SkyDriver.Reco", "SkyDriver.External", "SkyDriver.Fleet", "SkyDriver.Client", "SkyDriver.Hosting", "Dapr.Sdk"],
        ["SkyDriver.Sidecar"] = ["SkyDriver.Grpc"],
        ["SkyDriver.LocalWorkers"] = ["SkyDriver.Components"],
        ["SkyDriver.HtCondor"] = ["SkyDriver.Components"],
        ["SkyDriver.KubernetesJobs"] = ["SkyDriver.Components", "Kubernetes.Sdk"],
        ["SkyDriver.Cli"] = ["SkyDriver.Contracts", "SkyDriver.Client", "SkyDriver.External", "SkyDriver.Products", "SkyDriver.Scan", "SkyDriver.IceCube", "SkyDriver.Sky"],
    };

    public static TheoryData<string> ProductProjects() => [.. ProjectFiles().Keys];

    [Theory]
    [MemberData(nameof(ProductProjects))]
    public void References_OfEveryProductProject_FollowTheTable(string project)
    {
        Assert.True(Allowed.TryGetValue(project, out string[]? allowed), $"{project} is not in the reference table; add it with the projects it may use.");
        string[] forbidden = [.. References(ProjectFiles()[project]).Except(allowed)];
        Assert.True(forbidden.Length == 0, $"{project} must not reference {string.Join(", ", forbidden)}.");
    }

    [Fact]
    public void Table_NamesOnlyProjectsThatExist() => Assert.Empty(Allowed.Keys.Except(ProjectFiles().Keys));

    [Fact]
    public void Applications_NeverReferenceApplications()
    {
        string[] apps = [.. ProjectFiles().Where(p => p.Value.Contains($"{Path.DirectorySeparatorChar}apps{Path.DirectorySeparatorChar}")).Select(p => p.Key)];
        Assert.NotEmpty(apps);
        foreach (string app in apps)
        {
            Assert.Empty(References(ProjectFiles()[app]).Intersect(apps));
        }
    }

    [Fact]
    public void Solution_ListsEveryProject()
    {
        string solution = File.ReadAllText(Path.Combine(TestPaths.Repository, "SkyDriver.Dapr.sln"));
        string[] missing = [.. Directory.EnumerateFiles(TestPaths.Repository, "*.csproj", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}artifacts{Path.DirectorySeparatorChar}"))
            .Select(f => Path.GetFileName(f))
            .Where(f => !solution.Contains(f))];
        Assert.Empty(missing);
    }

    private static Dictionary<string, string> ProjectFiles() =>
        new[] { "apps", "libs", "workflows" }
            .SelectMany(f => Directory.EnumerateFiles(Path.Combine(TestPaths.Repository, f), "*.csproj", SearchOption.AllDirectories))
            .ToDictionary(f => Path.GetFileNameWithoutExtension(f));

    private static IEnumerable<string> References(string projectFile)
    {
        XElement root = XElement.Load(projectFile);
        foreach (XElement reference in root.Descendants("ProjectReference"))
        {
            // A reference that only orders the build hands over no types.
            if (string.Equals((string?)reference.Attribute("ReferenceOutputAssembly"), "false", StringComparison.OrdinalIgnoreCase)) continue;
            yield return Path.GetFileNameWithoutExtension(((string)reference.Attribute("Include")!).Replace('\\', '/'));
        }

        // The props that choose between a subset and its official packages.
        foreach (string sdk in (string[])["Dapr.Sdk", "Kubernetes.Sdk"])
        {
            if (root.Elements("Import").Any(i => ((string?)i.Attribute("Project"))?.EndsWith($"/{sdk}.props", StringComparison.Ordinal) == true)) yield return sdk;
        }
    }
}
