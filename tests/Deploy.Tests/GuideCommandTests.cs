using System.Text.RegularExpressions;
using SkyDriver.Deploy.Tests.Harness;

namespace SkyDriver.Deploy.Tests;

/// <summary>Lines of the guides that need a cluster are at least lines that kubectl understands: against a server that is not there they get as far as asking it.</summary>
public sealed partial class GuideCommandTests
{
    private static readonly string[] Guides = ["docs/operations.md", "docs/install-kubernetes.md"];

    /// <summary>Nobody listens there.</summary>
    private const string Nowhere = """
        apiVersion: v1
        kind: Config
        clusters: [{ name: none, cluster: { server: "http://127.0.0.1:1" } }]
        contexts: [{ name: none, context: { cluster: none, user: none } }]
        users: [{ name: none, user: {} }]
        current-context: none
        """;

    public static TheoryData<string> KubectlLines() =>
        [.. Guides.Select(g => File.ReadAllText(Path.Combine(TestPaths.Repository, g))).SelectMany(t => Line().Matches(t).Select(m => m.Groups[1].Value).Concat(Inline().Matches(t).Select(m => m.Groups[1].Value.Replace('\n', ' '))))
            .Where(c => c.StartsWith("kubectl ", StringComparison.Ordinal)).Distinct()];

    [Fact]
    public void Guides_HaveLinesForKubectl() => Assert.True(KubectlLines().Count >= 8);

    [Theory]
    [MemberData(nameof(KubectlLines))]
    public async Task Kubectl_LineOfAGuide_IsUnderstood(string line)
    {
        (int exitCode, string errors) = await RunAsync(line);
        Assert.True(exitCode == 0 || errors.Contains("connection refused", StringComparison.Ordinal) || errors.Contains("was refused", StringComparison.Ordinal), $"{line}: {errors}");
    }

    [Theory]
    [InlineData("kubectl get pods --namspace skydriver", "unknown flag")]
    [InlineData("kubectl rolout restart deployment/x", "unknown command")]
    [InlineData("kubectl create secret generic x --from-literals=a=b --dry-run=client -o yaml", "unknown flag")]
    public async Task Kubectl_LineWithASlip_IsNot(string line, string fault)
    {
        (int exitCode, string errors) = await RunAsync(line);
        Assert.NotEqual(0, exitCode);
        Assert.Contains(fault, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("refused", errors, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Errors)> RunAsync(string line)
    {
        Assert.SkipUnless(Programs.IsThere("kubectl") && Programs.IsThere("bash"), "kubectl or bash is not here");
        string folder = Directory.CreateTempSubdirectory("deploy-guide-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "config"), Nowhere);
            (int exitCode, _, string errors) = await Programs.RunAsync("bash", ["-c", line], folder, environment: new Dictionary<string, string> { ["KUBECONFIG"] = Path.Combine(folder, "config"), ["HOME"] = folder });
            return (exitCode, errors);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [GeneratedRegex(@"^\$ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Line();

    [GeneratedRegex("(?<!`)`([^`]+)`(?!`)")]
    private static partial Regex Inline();
}
