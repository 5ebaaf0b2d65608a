using SkyDriver.Deploy.Tests.Harness;
using SkyDriver.Sidecar.Run;

namespace SkyDriver.Deploy.Tests;

/// <summary>The programs start where the chart puts them: as nobody in particular, with nothing to write to but /tmp.</summary>
public sealed class ReadOnlyTests
{
    [Fact]
    public async Task Programs_OnAReadOnlyFileSystemAsAnotherUser_StartAndEnd()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && new[] { "unshare", "setpriv", "bash" }.All(Programs.IsThere), "only root can make a file system read-only for a program (and unshare, setpriv and bash are needed)");
        // artifacts/bin/Deploy.Tests/release
        DirectoryInfo own = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        string script = Path.Combine(TestPaths.Repository, "tests", "Deploy.Tests", "read-only.sh");
        (int exitCode, string output, string errors) = await Programs.RunAsync("unshare", ["--mount", "bash", script, own.Parent!.Parent!.FullName, own.Name, $"{FreePort.Take()}", $"{FreePort.Take()}", $"{FreePort.Take()}"], "/");
        Assert.SkipWhen(exitCode != 0 && output == "", $"no mount namespace can be had: {errors}");
        Assert.SkipWhen(output.StartsWith("skip:", StringComparison.Ordinal), output);
        Assert.Equal(["htcondor ok", "kubernetes-jobs ok", "api ok", "orchestrator ok", "scanner ok"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
