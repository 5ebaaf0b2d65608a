using System.Text.Json;
using SkyDriver.Sidecar.Run;

namespace SkyDriver.Integration.Tests;

/// <summary>The service goes away while workers of the fleet are at work, and comes back.</summary>
public sealed class FleetCrashTests
{
    [Fact]
    public async Task Service_KilledAmidATaskAndStartedAgain_HearsTheEndAndTheWholeOutput()
    {
        using TemporaryFolder folder = new();
        int port = FreePort.Take();
        FleetWorker worker;
        long task;
        await using (LocalService first = await LocalService.StartAsync(folder["data"], port))
        {
            worker = FleetWorker.Start(first.Http.BaseAddress!, "w", folder["work"], ("SKYDRIVER_BATCH", "crash"));
            using FleetHttp fleet = new(first.Http.BaseAddress!);
            task = await fleet.CreateAsync("crash", $"echo before; while ! [ -e {folder["go"]} ]; do sleep 0.05; done; echo after");
            await FleetHttp.UntilAsync(async () => await fleet.ExecutionsAsync(task) is [{ } one] && one.GetProperty("output").GetString() == "before\n", "the command has begun");
            await first.KillEverythingAsync();
        }

        using (worker)
        {
            // It ends while nobody listens.
            await File.WriteAllTextAsync(folder["go"], "");
            await worker.UntilSaidAsync("no heartbeat");
            await using LocalService second = await LocalService.StartAsync(folder["data"], port);
            using FleetHttp fleet = new(second.Http.BaseAddress!);
            await fleet.UntilStatusAsync(task, "succeeded");
            JsonElement execution = Assert.Single(await fleet.ExecutionsAsync(task));
            Assert.Equal(("before\nafter\n", 0), (execution.GetProperty("output").GetString(), execution.GetProperty("return_code").GetInt32()));
            Assert.Equal("running", (await fleet.WorkerAsync("w")).GetProperty("status").GetString());
            worker.TerminateNow();
            Assert.True(await worker.ExitAsync() == 0, worker.Output);
        }
    }
}
