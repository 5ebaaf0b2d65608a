using System.Diagnostics;
using System.Text.Json;

namespace SkyDriver.Integration.Tests;

/// <summary>A program beside a process that is killed and has no chance to end it.</summary>
public sealed class ExternalProgramTests
{
    [Fact]
    public async Task Kill9_OfWhoRunsTheProgram_EndsTheProgramAndItsChildren()
    {
        using TemporaryFolder folder = new();
        string pids = folder["pids"];
        // Neither reads its input again, and the child is stopped.
        string script = $"read -r event; echo '{{\"type\":\"ready\"}}'; read -r fit; sh -c 'echo $$ >> {pids}; kill -STOP $$' & while [ ! -s {pids} ]; do sleep 0.05; done; echo $$ >> {pids}; while :; do sleep 1; done";
        using SkyDriverProcess owner = SkyDriverProcess.Start(
            "pixel", "examples/track.json", "--nside", "8", "--pixel", "5", "--reco-algo", "external-point", "--external", JsonSerializer.Serialize(new[] { "/bin/sh", "-c", script }));
        int[] all = [];
        await Until.HoldsAsync(() => (all = Read(pids)).Length == 2, "the program is at work");
        using (Process found = Process.GetProcessById(owner.Id)) found.Kill();
        await Until.HoldsAsync(() => all.All(IsGone), "all of them have ended");
    }

    private static int[] Read(string file) => File.Exists(file) ? [.. File.ReadAllLines(file).Select(int.Parse)] : [];

    /// <summary>Also one that only waits to be noticed.</summary>
    private static bool IsGone(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1][0] == 'Z';
        }
        catch (IOException)
        {
            return true;
        }
    }
}
