using System.Text;
using System.Text.Json;
using SkyDriver.KubernetesJobs.Tests.Double;

namespace SkyDriver.KubernetesJobs.Tests.Launcher;

public sealed class LogsTests
{
    [Fact]
    public async Task Logs_RunningAndPending_ShowWhatThereIs()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        (string[] ids, _) = await launcher.DeployAsync(2);
        launcher.Cluster.With(c => c.SetPods(PodStates.Running, 0));
        await launcher.SeesAsync("running pending");
        WriteLog(launcher, 0, "one\ntwo\n");
        JsonElement[] logs = await LogsAsync(launcher, """{"scan_id": "scan1"}""");
        Assert.Equal([(ids[0], "one\ntwo\n", false), (ids[1], "", false)], logs.Select(l => (l.GetProperty("id").GetString()!, l.GetProperty("stdout").GetString()!, l.GetProperty("is_truncated").GetBoolean())));
        Assert.Equal(ids[1], Assert.Single(await LogsAsync(launcher, $$"""{"ids": ["{{ids[1]}}", "gone-0"]}""")).GetProperty("id").GetString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    [InlineData(65536)]
    public async Task Logs_LongerThanTheTail_GiveWholeCharactersOfItsEnd(int tail)
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        await launcher.DeployAsync(1);
        launcher.Cluster.With(c => c.SetPods(PodStates.Running));
        await launcher.SeesAsync("running");
        string whole = string.Concat(Enumerable.Range(0, 4000).Select(i => $"{i}: \u4e16\u754c \ud83d\ude00 {new string('x', i % 40)}\n"));
        WriteLog(launcher, 0, whole);
        JsonElement log = Assert.Single(await LogsAsync(launcher, $$"""{"scan_id": "scan1", "tail_bytes": {{tail}}}"""));
        string text = log.GetProperty("stdout").GetString()!;
        Assert.EndsWith(text, whole);
        Assert.DoesNotContain('\ufffd', text);
        Assert.InRange(Encoding.UTF8.GetByteCount(text), Math.Max(0, tail - 3), tail);
        Assert.True(log.GetProperty("is_truncated").GetBoolean());
    }

    [Fact]
    public async Task Logs_OfManyWorkers_AreBoundedInAllAndBeginWithWhatFailed()
    {
        await using TestLauncher launcher = await TestLauncher.StartAsync();
        (string[] ids, _) = await launcher.DeployAsync(70);
        launcher.Cluster.With(c => c.SetPods(PodStates.Running));
        launcher.Cluster.With(c => c.SetPods(PodStates.OutOfMemory, 69));
        await Until.HoldsAsync(async () => (await launcher.StatesAsync()).EndsWith("running exited", StringComparison.Ordinal), "all states are seen");
        for (int i = 0; i < 70; i++) WriteLog(launcher, i, new string((char)('a' + (i % 26)), 100_000));
        JsonElement[] logs = await LogsAsync(launcher, """{"scan_id": "scan1", "tail_bytes": 1048576}""");
        Assert.Equal((64, ids[69]), (logs.Length, logs[0].GetProperty("id").GetString()));
        Assert.InRange(logs.Sum(l => l.GetProperty("stdout").GetString()!.Length), 1_000_000, 1 << 20);
    }

    private static async Task<JsonElement[]> LogsAsync(TestLauncher launcher, string data) => [.. (await launcher.InvokeAsync("logs", data)).GetProperty("logs").EnumerateArray()];

    private static void WriteLog(TestLauncher launcher, int index, string text) =>
        launcher.Cluster.Logs[launcher.Cluster.With(c => FakeController.Name(c.Pods.Single(p => FakeController.Index(p) == index)))] = text;
}
