using SkyDriver.Deploy.Tests.Harness;

namespace SkyDriver.Deploy.Tests;

/// <summary>What kubectl can say of the manifests without a cluster.</summary>
public sealed class KubectlTests
{
    public static TheoryData<string> Sites() => [.. Chart.Sites];

    [Theory]
    [MemberData(nameof(Sites))]
    public async Task Kustomize_BuildsTheManifests(string site) => await InFolderAsync(async folder =>
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "all.yaml"), Chart.Example(site));
        await File.WriteAllTextAsync(Path.Combine(folder, "kustomization.yaml"), "resources: [all.yaml]\ncommonAnnotations: { site: example }\n");
        (int exitCode, string output, string errors) = await Programs.RunAsync("kubectl", ["kustomize", folder], folder);
        Assert.True(exitCode == 0, errors);
        Assert.Equal(Manifests.Parse(Chart.Example(site)).Objects.Count, Manifests.Parse(output).Objects.Count);
    });

    /// <summary>It reads Deployments into its own types, so that a field of a wrong type is an error.</summary>
    [Theory]
    [MemberData(nameof(Sites))]
    public async Task Deployments_AreReadIntoKubectlsTypes(string site) => await InFolderAsync(async folder =>
    {
        string text = string.Join("\n---\n", Chart.Example(site).Split("\n---\n").Where(d => d.Contains("\nkind: Deployment\n", StringComparison.Ordinal)));
        (int exitCode, string errors) = await SetAsync(folder, text);
        Assert.True(exitCode == 0, errors);
        (exitCode, errors) = await SetAsync(folder, text.Replace("containerPort: 8080", "containerPort: [8080]", StringComparison.Ordinal));
        Assert.NotEqual(0, exitCode);
        Assert.Contains("containerPort", errors, StringComparison.Ordinal);
    });

    [Fact]
    public async Task Kustomize_TwoObjectsOfAName_AreCaught() => await InFolderAsync(async folder =>
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "all.yaml"), Chart.Example("minimal").Replace("name: skydriver-scanner\n", "name: skydriver-api\n", StringComparison.Ordinal));
        await File.WriteAllTextAsync(Path.Combine(folder, "kustomization.yaml"), "resources: [all.yaml]\n");
        (int exitCode, _, string errors) = await Programs.RunAsync("kubectl", ["kustomize", folder], folder);
        Assert.NotEqual(0, exitCode);
        Assert.Contains("skydriver-api", errors, StringComparison.Ordinal);
    });

    private static async Task<(int ExitCode, string Errors)> SetAsync(string folder, string text)
    {
        string file = Path.Combine(folder, "deployments.yaml");
        await File.WriteAllTextAsync(file, text);
        (int exitCode, _, string errors) = await Programs.RunAsync("kubectl", ["set", "env", "--local", "-f", file, "-o", "yaml", "SITE=example"], folder);
        return (exitCode, errors);
    }

    private static async Task InFolderAsync(Func<string, Task> test)
    {
        Assert.SkipUnless(Programs.IsThere("kubectl"), "kubectl is not here");
        string folder = Directory.CreateTempSubdirectory("deploy-kubectl-").FullName;
        try
        {
            await test(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
