using System.Diagnostics;
using System.Text.Json;

namespace SkyDriver.KubernetesJobs.Tests.Sdk;

/// <summary>What <c>-p:KubernetesSdk=nuget</c> makes of the launcher, by MSBuild's own evaluation; nothing is restored.</summary>
public sealed class OfficialPackageTests
{
    [Theory]
    [InlineData("nuget", true)]
    [InlineData("bundled", false)]
    public async Task Launcher_WithEither_HasOneOfThem(string sdk, bool isOfficial)
    {
        JsonElement items = await EvaluateAsync(sdk);
        Assert.Equal(isOfficial, Names(items, "PackageReference").Contains("KubernetesClient"));
        Assert.Equal(!isOfficial, Names(items, "ProjectReference").Any(p => p.EndsWith("/Kubernetes.Sdk.csproj", StringComparison.Ordinal)));
        Assert.Equal(isOfficial ? ["20.0.84"] : [], items.GetProperty("PackageVersion").EnumerateArray().Where(i => i.GetProperty("Identity").GetString() == "KubernetesClient").Select(i => i.GetProperty("Version").GetString()));
    }

    private static string[] Names(JsonElement items, string kind) => [.. items.GetProperty(kind).EnumerateArray().Select(i => i.GetProperty("Identity").GetString()!.Replace('\\', '/'))];

    private static async Task<JsonElement> EvaluateAsync(string sdk)
    {
        ProcessStartInfo start = new(
            "dotnet", ["msbuild", "apps/SkyDriver.KubernetesJobs/SkyDriver.KubernetesJobs.csproj", "-p:KubernetesSdk=" + sdk, "-getItem:PackageReference,ProjectReference,PackageVersion"])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = TestPaths.Repository,
        };
        // A node that outlives the process would keep its output open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using Process process = Process.Start(start)!;
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(3));
        string output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        Assert.True(process.ExitCode == 0, output);
        return JsonElement.Parse(output).GetProperty("Items");
    }
}
