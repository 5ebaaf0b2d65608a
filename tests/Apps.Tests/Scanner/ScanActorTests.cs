using System.Text;
using System.Text.Json;
using Dapr;
using SkyDriver.Contracts;

namespace SkyDriver.Apps.Tests.Scanner;

public class ScanActorTests
{
    [Fact]
    public async Task Open_FirstTime_PublishesTheFirstRoundAndKeepsAReminder()
    {
        ScanHarness scan = await ScanHarness.CreateAsync();
        ScanProgressV1 progress = await scan.OpenAsync();
        Assert.Equal((ScanActorState.Scanning, 12L, 0L), (progress.State, progress.Sent, progress.Received));
        List<PixelBatchV1> batches = scan.TakePublished();
        Assert.Equal(12, batches.Sum(b => b.Variations.Count));
        Assert.All(batches, b => Assert.Equal("dummy", b.RecoAlgo));
        Assert.Equal(batches.Count, batches.Select(b => b.BatchNumber).Distinct().Count());
        Assert.True(scan.HasReminder);
    }

    [Fact]
    public async Task Announcement_OfTheFirstWorker_SetsThePixelsFreeOnce()
    {
        ScanHarness scan = await ScanHarness.CreateAsync();
        await scan.OpenUnheardAsync();
        scan.Clock.Advance(scan.Options.FirstAnswerTimeout);
        await scan.SweepAsync();
        Assert.Empty(scan.TakePublished());
        await scan.AnnounceAsync("w1");
        Assert.Equal(12, scan.TakePublished().Sum(b => b.Variations.Count));
        await scan.AnnounceAsync("w1");
        await scan.AnnounceAsync("w2");
        Assert.Empty(scan.TakePublished());
        Assert.Equal(0, (await scan.ProgressAsync()).Received);
    }

    [Fact]
    public async Task Announcement_BeforeACrash_IsNotForgotten()
    {
        ScanHarness scan = await ScanHarness.CreateAsync(nsides: "8:0");
        await scan.OpenUnheardAsync();
        await scan.AnnounceAsync("w1");
        Assert.NotEmpty(scan.TakePublished());
        scan.Crash();
        await scan.SweepAsync();
        Assert.NotEmpty(scan.TakePublished());
    }

    [Fact]
    public async Task Announcement_WorkerWithManySlots_OpensTheWindowForAllOfThem()
    {
        ScanHarness scan = await ScanHarness.CreateAsync(nsides: "8:0");
        await scan.OpenUnheardAsync();
        await scan.AnnounceAsync("w1", slots: 64);
        Assert.True(scan.TakePublished().Sum(b => b.Variations.Count) >= 256);
        await scan.AnnounceAsync("w1", slots: 64);
        Assert.Empty(scan.TakePublished());
    }

    [Fact]
    public async Task Open_Again_PublishesNothingMore()
    {
        ScanHarness scan = await ScanHarness.CreateAsync();
        await scan.OpenAsync();
        scan.TakePublished();
        await scan.OpenAsync();
        Assert.Empty(scan.TakePublished());
    }

    [Fact]
    public async Task Open_AfterACrashBeforeAnyAnswer_PublishesAgainWhatMayBeLost()
    {
        ScanHarness scan = await ScanHarness.CreateAsync();
        scan.Dapr.OnPublish = topic => throw new DaprException("broker is away");
        await scan.OpenAsync();
        Assert.Empty(scan.TakePublished());
        scan.Dapr.OnPublish = null;
        scan.Crash();
        await scan.OpenAsync();
        Assert.Equal(12, scan.TakePublished().Sum(b => b.Variations.Count));
    }

    [Fact]
    public async Task Open_RequestThatCannotBeScanned_FailsTheScanWithTheReason()
    {
        ScanHarness scan = await ScanHarness.CreateAsync(algorithm: "splinempe");
        ScanProgressV1 progress = await scan.OpenAsync();
        Assert.Equal(ScanActorState.Failed, progress.State);
        var (path, body) = Assert.Single(scan.Lifecycle.Events);
        Assert.Equal("/lifecycles/scan-1/events/scan-ended", path);
        ScanEndedV1 ended = JsonSerializer.Deserialize<ScanEndedV1>(body, JsonSerializerOptions.Web)!;
        Assert.Equal(ScanActorState.Failed, ended.State);
        Assert.Contains("'splinempe' needs IceTray", ended.Reason);
        await scan.SweepAsync();
        Assert.False(scan.HasReminder);
    }

    [Fact]
    public async Task RecordRecos_ToTheEnd_WritesFinalResultManifestAndEvents()
    {
        ScanHarness scan = await ScanHarness.CreateAsync();
        await scan.OpenAsync();
        await scan.RunToEndAsync(new Random(1));
        ScanProgressV1 progress = await scan.ProgressAsync();
        Assert.Equal(ScanActorState.Finished, progress.State);
        Assert.Equal(progress.Sent, progress.Received);
        Assert.True(progress.Sent > 12);
        Assert.NotNull(progress.BestFit);

        ScanManifest manifest = (await scan.Scans.GetManifestAsync(ScanHarness.ScanId))!;
        Assert.True(manifest.Lifecycle.HasFinalResult);
        Assert.True(manifest.Progress!.Value.GetProperty("processing_stats").GetProperty("finished").GetBoolean());
        Assert.Equal(progress.BestFit.Ipix, manifest.Progress.Value.GetProperty("best_fit").GetProperty("ipix").GetInt64());
        Assert.Equal(["1", "2"], manifest.ScanMetadata!.NsideProgression.Keys);
        Assert.False(manifest.EventMetadata!.IsRealEvent);

        Assert.True((await scan.Results.GetIndexAsync(ScanHarness.ScanId))!.IsFinal);
        using JsonDocument result = JsonDocument.Parse(await scan.ResultAsync());
        Assert.True(result.RootElement.GetProperty("nside-1").GetProperty("metadata").GetProperty("complete").GetBoolean());
        Assert.Equal(12, result.RootElement.GetProperty("nside-1").GetProperty("data").GetArrayLength());

        ScanEndedV1 ended = JsonSerializer.Deserialize<ScanEndedV1>(Assert.Single(scan.Lifecycle.Events).Body, JsonSerializerOptions.Web)!;
        Assert.Equal((ScanActorState.Finished, progress.Sent, 0L), (ended.State, ended.Recos, ended.SetAside));
        ScanEventV1 last = scan.Dapr.Published.Where(p => p.Topic == Topics.ScanEvents).Select(p => JsonSerializer.Deserialize<ScanEventV1>(p.Json)!)
            .Last(e => e.Kind == ScanEventKind.Result);
        Assert.True(last.IsFinal);
    }

    [Fact]
    public async Task RecordRecos_AnyOrderWorkersAndCrashes_GiveTheSameBytes()
    {
        byte[] reference = await RunAsync(seed: 1, workers: 1, crashEvery: int.MaxValue);
        Assert.Equal(reference, await RunAsync(seed: 2, workers: 4, crashEvery: int.MaxValue));
        Assert.Equal(reference, await RunAsync(seed: 3, workers: 2, crashEvery: 7));
        Assert.Equal(reference, await RunAsync(seed: 4, workers: 3, crashEvery: 1));

        static async Task<byte[]> RunAsync(int seed, int workers, int crashEvery)
        {
            ScanHarness scan = await ScanHarness.CreateAsync(nsides: "2:0 4:12 8:12");
            await scan.OpenAsync();
            await scan.HintAsync(workers);
            await scan.RunToEndAsync(new Random(seed), workers, turn =>
            {
                if ((turn + 1) % crashEvery == 0) scan.Crash();
            });
            Assert.Equal(ScanActorState.Finished, (await scan.ProgressAsync()).State);
            return await scan.ResultAsync();
        }
    }

    [Fact]
    public async Task RecordRecos_SaveFails_TurnIsUndoneAndItsRepeatCounts()
    {
        ScanHarness scan = await ScanHarness.CreateAsync();
        await scan.OpenAsync();
        PixelBatchV1 batch = scan.TakePublished()[0];
        scan.State.OnSave = () => throw new DaprException("store is away");
        await Assert.ThrowsAsync<DaprException>(() => scan.RecordAsync(ScanHarness.Reconstruct(batch)));
        scan.State.OnSave = null;
        Assert.Equal(0, (await scan.ProgressAsync()).Received);
        await scan.RecordAsync(ScanHarness.Reconstruct(batch));
        ScanProgressV1 progress = await scan.ProgressAsync();
        Assert.Equal((batch.Variations.Count, 0L), ((int)progress.Received, progress.Duplicates));
    }

    [Fact]
    public async Task RecordRecos_DeliveredTwice_CountsOnce()
    {
        ScanHarness scan = await ScanHarness.CreateAsync();
        await scan.OpenAsync();
        RecoBatchV1 answer = ScanHarness.Reconstruct(scan.TakePublished()[0]);
        await scan.RecordAsync(answer, answer);
        await scan.RecordAsync(answer);
        ScanProgressV1 progress = await scan.ProgressAsync();
        Assert.Equal(answer.Recos.Count, progress.Received);
        Assert.Equal(2 * answer.Recos.Count, progress.Duplicates);
    }

    [Fact]
    public async Task RecordRecos_PixelNobodyAskedFor_ChangesNothing()
    {
        ScanHarness scan = await ScanHarness.CreateAsync();
        await scan.OpenAsync();
        RecoBatchV1 answer = new() { ScanId = ScanHarness.ScanId, WorkerId = "w1", Recos = { new RecoV1 { Nside = 64, Ipix = 5, Llh = 1 } } };
        await scan.RecordAsync(answer);
        ScanProgressV1 progress = await scan.ProgressAsync();
        Assert.Equal((0L, 1L), (progress.Received, progress.Unknown));
    }

    [Fact]
    public async Task RecordRecos_ScanNotOpen_IsIgnored()
    {
        ScanHarness scan = await ScanHarness.CreateAsync();
        await scan.RecordAsync(new RecoBatchV1 { ScanId = ScanHarness.ScanId, WorkerId = "w1" });
        Assert.Equal(ScanActorState.NotOpen, (await scan.ProgressAsync()).State);
    }

    [Fact]
    public async Task RecordRecos_ThreeWorkersFailOnOnePixel_SetsItAsideAndEnds()
    {
        ScanHarness scan = await ScanHarness.CreateAsync(nsides: "1:0");
        await scan.OpenAsync();
        List<PixelBatchV1> batches = scan.TakePublished();
        foreach (PixelBatchV1 good in batches.Skip(1)) await scan.RecordAsync(ScanHarness.Reconstruct(good));
        List<PixelBatchV1> poison = [batches[0]];
        int poisoned = batches[0].Variations.Count;
        foreach (string worker in (string[])["w1", "w2", "w3"])
        {
            await scan.RecordAsync([.. poison.Select(batch => ScanHarness.Fail(batch, worker))]);
            poison = scan.TakePublished();
            Assert.Equal(worker == "w3" ? 0 : poisoned, poison.Sum(batch => batch.Variations.Count));
        }

        ScanProgressV1 progress = await scan.ProgressAsync();
        Assert.Equal((ScanActorState.Finished, (long)poisoned), (progress.State, progress.SetAside));
        Assert.Contains("nan", Encoding.UTF8.GetString(await scan.ResultAsync()));
        JsonElement told = (await scan.Scans.GetManifestAsync(ScanHarness.ScanId))!.Progress!.Value.GetProperty("set_aside");
        Assert.Contains("out of memory", told.GetProperty("reasons")[0].GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Sweep_AnswersStayAway_PublishesTheOverdueAgain()
    {
        ScanHarness scan = await ScanHarness.CreateAsync();
        await scan.OpenAsync();
        List<PixelBatchV1> batches = scan.TakePublished();
        await scan.RecordAsync(ScanHarness.Reconstruct(batches[0]));
        await scan.SweepAsync();
        Assert.Empty(scan.TakePublished());
        scan.Clock.Advance(scan.Options.LeastAnswerTimeout);
        await scan.SweepAsync();
        Assert.Equal(12 - batches[0].Variations.Count, scan.TakePublished().Sum(b => b.Variations.Count));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Sweep_ClockWasSetBack_TheOverdueDoNotWaitUntilItHasCaughtUp(bool crashed)
    {
        ScanHarness scan = await ScanHarness.CreateAsync();
        await scan.OpenAsync();
        List<PixelBatchV1> batches = scan.TakePublished();
        await scan.RecordAsync(ScanHarness.Reconstruct(batches[0]));
        scan.Clock.Advance(TimeSpan.FromHours(-1));
        if (crashed) scan.Crash();
        await scan.SweepAsync();
        Assert.Empty(scan.TakePublished());
        scan.Clock.Advance(scan.Options.LeastAnswerTimeout);
        await scan.SweepAsync();
        Assert.Equal(12 - batches[0].Variations.Count, scan.TakePublished().Sum(b => b.Variations.Count));
    }

    [Fact]
    public async Task Sweep_OrchestratorWasDown_TellsTheEndLater()
    {
        ScanHarness scan = await ScanHarness.CreateAsync();
        await scan.OpenAsync();
        scan.Lifecycle.IsDown = true;
        await scan.RunToEndAsync(new Random(1));
        Assert.Equal(ScanActorState.Finished, (await scan.ProgressAsync()).State);
        scan.Crash();
        await scan.SweepAsync();
        Assert.Empty(scan.Lifecycle.Events);
        Assert.True(scan.HasReminder);
        scan.Lifecycle.IsDown = false;
        await scan.SweepAsync();
        Assert.Single(scan.Lifecycle.Events);
        await scan.SweepAsync();
        Assert.False(scan.HasReminder);
        Assert.Single(scan.Lifecycle.Events);
        Assert.Equal(["head"], scan.State.Keys);
    }

    [Fact]
    public async Task Abort_HalfWay_KeepsAPartialResultAndPublishesNoMore()
    {
        ScanHarness scan = await ScanHarness.CreateAsync(nsides: "1:0 2:12");
        await scan.OpenAsync();
        List<PixelBatchV1> batches = scan.TakePublished();
        await scan.RecordAsync(ScanHarness.Reconstruct(batches[0]));
        await scan.AbortAsync("not wanted any more");
        await scan.AbortAsync("again");
        await scan.RecordAsync([.. batches.Skip(1).Select(b => ScanHarness.Reconstruct(b))]);
        Assert.Empty(scan.TakePublished());
        ScanProgressV1 progress = await scan.ProgressAsync();
        Assert.Equal((ScanActorState.Aborted, (long)batches[0].Variations.Count), (progress.State, progress.Received));
        Assert.False((await scan.Results.GetIndexAsync(ScanHarness.ScanId))!.IsFinal);
        ScanEndedV1 ended = JsonSerializer.Deserialize<ScanEndedV1>(Assert.Single(scan.Lifecycle.Events).Body, JsonSerializerOptions.Web)!;
        Assert.Equal((ScanActorState.Aborted, "not wanted any more"), (ended.State, ended.Reason));
    }

    [Fact]
    public async Task HintWorkers_ManyWorkers_OpensTheWindowWide()
    {
        ScanHarness scan = await ScanHarness.CreateAsync(nsides: "8:0");
        await scan.OpenAsync();
        int first = scan.TakePublished().Sum(b => b.Variations.Count);
        await scan.HintAsync(64);
        int more = scan.TakePublished().Sum(b => b.Variations.Count);
        Assert.Equal(64, first);
        Assert.True(first + more >= 512, $"{first + more} variations for 64 workers");
    }
}
