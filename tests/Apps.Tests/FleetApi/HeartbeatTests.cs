using System.Net;
using System.Text.Json;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Apps.Tests.FleetApi;

/// <summary>Heartbeats reach the batch that the worker serves, many in one call.</summary>
public sealed class HeartbeatTests(FleetService service) : IClassFixture<FleetService>, IAsyncLifetime
{
    private readonly List<int> calls = [];

    public async ValueTask InitializeAsync() => await service.ResetAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Heartbeat_Good_TellsEverythingBothWays()
    {
        var (response, reply) = await service.CallAsync(
            "PUT", "/workers/7/heartbeat", """{"load": "1.0", "memory": 5, "stats": "{}", "batch": "b1", "running": [{"execution_id": 1500, "status": "running"}], "acknowledged_signals": [1800]}""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("""b1.Heartbeat {"beats":[{"worker_id":7,"load":"1.0","memory":5,"stats":"{}","running":[{"execution_id":1500,"status":"running"}],"acknowledged_signals":[1800],"batch":"b1"}]}""", Assert.Single(service.Notes));
        Assert.Equal((7, 9, 5), (reply.GetProperty("worker").GetProperty("worker_id").GetInt32(), reply.GetProperty("signals")[0].GetProperty("signal").GetInt32(), reply.GetProperty("period_seconds").GetInt32()));
    }

    [Fact]
    public async Task Heartbeat_ManyWorkersOfABatch_ShareCallsAndEachGetsItsOwnAnswer()
    {
        const int Workers = 200;
        AnswerWith("b9", (_, beat) => FleetAnswer.Ok(Samples.Reply(beat.WorkerId, "b9")));
        JsonElement[] replies = await Task.WhenAll(Enumerable.Range(100, Workers).Select(async id => (await service.CallAsync("PUT", $"/workers/{id}/heartbeat", """{"batch": "b9"}""")).Body));
        Assert.Equal(Enumerable.Range(100, Workers), replies.Select(r => r.GetProperty("worker").GetProperty("worker_id").GetInt32()));
        Assert.Equal(Workers, calls.Sum());
        // One a second; a slow machine takes a few seconds to send two hundred.
        Assert.InRange(calls.Count, 1, 50);
    }

    [Fact]
    public async Task Heartbeat_WorkerWasMoved_GoesWhereItIs()
    {
        AnswerWith("old", (_, _) => FleetAnswer.NotFound<HeartbeatReplyV1>("not here"));
        service.Answers["fleet.FindWorker"] = id => FleetAnswer.Ok(new WorkerPlaceV1((long)id!, "new"));
        AnswerWith("new", (_, beat) => FleetAnswer.Ok(Samples.Reply(beat.WorkerId, "new")));
        var (response, reply) = await service.CallAsync("PUT", "/workers/21/heartbeat", """{"batch": "old"}""");
        Assert.Equal((HttpStatusCode.OK, "new"), (response.StatusCode, reply.GetProperty("worker").GetProperty("batch").GetString()));
    }

    [Fact]
    public async Task Ping_WorkerThatNobodyKnows_Is404SoThatItDeclaresItselfAgain()
    {
        service.Answers["fleet.FindWorker"] = _ => FleetAnswer.NotFound<WorkerPlaceV1>("there is no such worker");
        var (response, error) = await service.CallAsync("PUT", "/workers/22/ping", "{}");
        Assert.Equal((HttpStatusCode.NotFound, "there is no such worker"), (response.StatusCode, error.GetProperty("message").GetString()));
    }

    [Fact]
    public async Task Heartbeat_WorkerOnItsWay_IsToldToTryAgain()
    {
        AnswerWith("b8", (_, _) => FleetAnswer.NotFound<HeartbeatReplyV1>("not here"));
        service.Answers["fleet.FindWorker"] = id => FleetAnswer.Ok(new WorkerPlaceV1((long)id!, "b8"));
        var (response, _) = await service.CallAsync("PUT", "/workers/23/heartbeat", """{"batch": "b8"}""");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task Heartbeat_BatchFails_EachIsToldAndTheNextIsAnotherTry()
    {
        service.Answers["b7.Heartbeat"] = _ => throw new Dapr.DaprException("no sidecar");
        var (response, _) = await service.CallAsync("PUT", "/workers/24/heartbeat", """{"batch": "b7"}""");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        AnswerWith("b7", (_, beat) => FleetAnswer.Ok(Samples.Reply(beat.WorkerId, "b7")));
        (response, _) = await service.CallAsync("PUT", "/workers/24/heartbeat", """{"batch": "b7"}""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Heartbeat_WithWorkOfABatchThatItLeft_ReachesThatBatchAndBringsItsSignals()
    {
        List<HeartbeatV1> former = [];
        AnswerWith("b2", (_, beat) => FleetAnswer.Ok(Samples.Reply(beat.WorkerId, "b2") with { Signals = [] }));
        AnswerWith("b1", (_, beat) =>
        {
            former.Add(beat);
            return FleetAnswer.Ok(Samples.Reply(beat.WorkerId, "b2") with { Dropped = [1501] });
        });
        var (_, reply) = await service.CallAsync("PUT", "/workers/25/heartbeat", """{"batch": "b2", "running": [{"execution_id": 1500, "status": "running"}, {"execution_id": 2500, "status": "accepted"}], "acknowledged_signals": [1801]}""");
        HeartbeatV1 heard = Assert.Single(former);
        Assert.Equal((1500, 1801), (Assert.Single(heard.Running!).ExecutionId, Assert.Single(heard.AcknowledgedSignals!)));
        Assert.Equal((1800, 1501), (reply.GetProperty("signals")[0].GetProperty("signal_id").GetInt32(), reply.GetProperty("dropped")[0].GetInt32()));
    }

    [Fact]
    public async Task Heartbeat_WithWorkOfABatchThatForgotTheWorker_DropsThatWork()
    {
        AnswerWith("b2", (_, beat) => FleetAnswer.Ok(Samples.Reply(beat.WorkerId, "b2")));
        AnswerWith("b1", (_, _) => FleetAnswer.NotFound<HeartbeatReplyV1>("not here"));
        var (_, reply) = await service.CallAsync("PUT", "/workers/26/heartbeat", """{"batch": "b2", "running": [{"execution_id": 1500, "status": "running"}]}""");
        Assert.Equal([1500], reply.GetProperty("dropped").EnumerateArray().Select(id => id.GetInt32()));
    }

    private void AnswerWith(string batch, Func<int, HeartbeatV1, FleetAnswer<HeartbeatReplyV1>> answer) => service.Answers[$"{batch}.Heartbeat"] = argument =>
    {
        IReadOnlyList<HeartbeatV1> beats = ((HeartbeatsV1)argument!).Beats;
        lock (calls) calls.Add(beats.Count);
        Assert.Equal(beats.Count, beats.Select(beat => beat.WorkerId).Distinct().Count());
        return new HeartbeatAnswersV1([.. beats.Select((beat, i) => answer(i, beat))]);
    };
}
