using System.Text;
using System.Text.Json;
using Dapr;
using Dapr.Actors;
using Dapr.Actors.Client;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Actors;
using SkyDriver.Hosting.Messages;
using SkyDriver.Scanner;

namespace SkyDriver.Apps.Tests.Scanner;

public class RecosHandlerTests
{
    private readonly Actors actors = new();

    [Fact]
    public async Task Handle_BatchesOfSeveralScans_GoToTheirActorsInOrder()
    {
        Dictionary<string, string> answer = await DeliverAsync(("1", Envelope("a", 1)), ("2", Envelope("b", 2)), ("3", Envelope("a", 3)));
        Assert.All(answer.Values, status => Assert.Equal(BulkEntryAnswer.Success, status));
        Assert.Equal([1L, 3L], actors.Recorded["a"]);
        Assert.Equal([2L], actors.Recorded["b"]);
    }

    [Fact]
    public async Task Handle_OneActorFails_OnlyItsBatchesComeAgain()
    {
        actors.Down.Add("a");
        Dictionary<string, string> answer = await DeliverAsync(("1", Envelope("a", 1)), ("2", Envelope("b", 2)));
        Assert.Equal((BulkEntryAnswer.Retry, BulkEntryAnswer.Success), (answer["1"], answer["2"]));
    }

    [Fact]
    public async Task Handle_EntryThatCannotBeRead_IsDroppedAndTheOthersCount()
    {
        Dictionary<string, string> answer = await DeliverAsync(
            ("1", """{"type":"skydriver.reco-batch.v1","data_base64":"/////w=="}"""), ("2", Envelope("", 1)), ("3", """{"type":"x"}"""), ("4", Envelope("a", 2)));
        Assert.Equal([BulkEntryAnswer.Drop, BulkEntryAnswer.Drop, BulkEntryAnswer.Drop, BulkEntryAnswer.Success], answer.OrderBy(a => a.Key).Select(a => a.Value));
    }

    [Fact]
    public async Task Handle_LargeDelivery_IsSplitIntoCallsBelowTheSidecarsLimit()
    {
        Dictionary<string, string> answer = await DeliverAsync([.. Enumerable.Range(1, 40).Select(n => ($"{n}", Envelope("a", n, recos: 1000)))]);
        Assert.All(answer.Values, status => Assert.Equal(BulkEntryAnswer.Success, status));
        Assert.Equal(Enumerable.Range(1, 40).Select(n => (long)n), actors.Recorded["a"]);
        Assert.True(actors.LargestCall < 3 << 20, $"{actors.LargestCall} bytes in one call");
        Assert.InRange(actors.Calls, 2, 39);
    }

    private async Task<Dictionary<string, string>> DeliverAsync(params (string Id, string Event)[] entries)
    {
        string body = $$"""{"id":"x","entries":[{{string.Join(',', entries.Select(e => $$"""{"entryId":"{{e.Id}}","event":{{e.Event}},"contentType":"application/cloudevents+json"}"""))}}]}""";
        DefaultHttpContext context = new();
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
        BulkAnswer answer = await new RecosHandler(actors, NullLogger<RecosHandler>.Instance).HandleAsync(context.Request);
        return answer.Statuses.ToDictionary(s => s.EntryId, s => s.Status);
    }

    private static string Envelope(string scanId, long number, int recos = 1)
    {
        RecoBatchV1 batch = new() { ScanId = scanId, WorkerId = "w", BatchNumber = number };
        for (int i = 0; i < recos; i++) batch.Recos.Add(new RecoV1 { Nside = 8, Ipix = i, Llh = 1000.5 + i, X = 1.5, Y = 2.5, Z = 3.5, Time = 4.5 });
        return JsonSerializer.Serialize(ProtobufCloudEvent.Wrap($"{number}", MessageTypes.RecoBatchV1, AppIds.Worker, batch));
    }

    private sealed class Actors : IActorProxyFactory
    {
        public Dictionary<string, List<long>> Recorded { get; } = [];

        public HashSet<string> Down { get; } = [];

        public int Calls { get; private set; }

        public int LargestCall { get; private set; }

        public T CreateActorProxy<T>(ActorId actorId, string actorType, ActorProxyOptions? options = null)
            where T : IActor => (T)(IActor)new Scan(this, actorId.GetId());

        public object CreateActorProxy(ActorId actorId, Type actorInterfaceType, string actorType, ActorProxyOptions? options = null) => throw new NotSupportedException();

        public ActorProxy Create(ActorId actorId, string actorType, ActorProxyOptions? options = null) => throw new NotSupportedException();

        private sealed class Scan(Actors actors, string id) : IScanActor
        {
            public Task RecordRecos(RecordRecosV1 request)
            {
                if (actors.Down.Contains(id)) throw new DaprException("the actor is away");
                actors.Calls++;
                actors.LargestCall = Math.Max(actors.LargestCall, JsonSerializer.Serialize(request).Length);
                if (!actors.Recorded.TryGetValue(id, out List<long>? numbers)) actors.Recorded[id] = numbers = [];
                numbers.AddRange(request.Batches.Select(b => RecoBatchV1.Parser.ParseFrom(b).BatchNumber));
                return Task.CompletedTask;
            }

            public Task<ScanProgressV1> Open(OpenScanV1 request) => throw new NotSupportedException();

            public Task Abort(AbortScanV1 request) => throw new NotSupportedException();

            public Task HintWorkers(WorkerHintV1 hint) => throw new NotSupportedException();

            public Task<ScanProgressV1> GetProgress() => throw new NotSupportedException();

            public Task<LeasedWorkV1> LeaseWork(LeaseWorkV1 request) => throw new NotSupportedException();

            public Task<LeaseSettledV1> SettleLease(SettleLeaseV1 request) => throw new NotSupportedException();

            public Task<LeasesTendedV1> TendLeases(TendLeasesV1 request) => throw new NotSupportedException();
        }
    }
}
