using System.Globalization;
using System.Text.Json;
using Dapr.Actors;
using Dapr.Actors.Client;
using Google.Protobuf;
using SkyDriver.Api.Auth;
using SkyDriver.Api.Http;
using SkyDriver.Api.Scans;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Actors;

namespace SkyDriver.Api.Gateway;

/// <summary>Pixels for workers that reach nothing but this service: they fetch batches, hold them under a lease, and post what they found.</summary>
internal sealed class GatewayEndpoints(WorkLines lines, IActorProxyFactory actors, Manifests manifests, GatewayOptions options, IHostApplicationLifetime lifetime)
{
    /// <summary>The answers to 256 variations with the longest reasons stay below this.</summary>
    private const int MaxAnswerBytes = 512 << 10;

    private static readonly Argument Worker = new("worker", "string", $"The worker's name, 1 to {GatewayNames.MaxWorkerName} printable characters.", Required: true);
    private static readonly Argument Slots = new("slots", "integer", $"Batches that it reconstructs at the same time, 1 to {GatewayNames.MaxSlots}; it holds no more leases.", Required: true);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapCall("POST", "/worker/{id}/hello", new("Says that a worker is there, and renews its leases.", Role.Worker, Role.Internal)
        {
            Arguments = [Worker, Slots, new("held", "array", "Numbers of the leases that it works on.")],
        }, call => TendAsync(call, "held"));
        routes.MapCall("POST", "/worker/{id}/release", new("Gives leases back, as a worker does that ends.", Role.Worker, Role.Internal)
        {
            Arguments = [Worker, Slots, new("leases", "array", "Their numbers.", Required: true)],
        }, call => TendAsync(call, "leases"));
        routes.MapCall("POST", "/worker/{id}/work", new("Waits for a batch of pixels; 204 when there is none.", Role.Worker, Role.Internal)
        {
            Arguments = [Worker, Slots, new("wait", "number", "Most seconds to wait, from 1 on; the service may wait less.")],
            Answers = MessageTypes.Protobuf,
            Waits = true,
        }, WorkAsync);
        routes.MapCall("POST", "/worker/{id}/recos", new("Takes the answer to a batch, and may give the next one; 409 when its lease is over.", Role.Worker, Role.Internal)
        {
            Arguments = [new("next", "boolean", "Asks for the next batch as well: the answer is that batch, as that of 'work', when there is one at once.")],
            StreamsBody = true,
            Takes = MessageTypes.Protobuf,
            MaxBodyBytes = MaxAnswerBytes,
        }, RecosAsync);
    }

    private async Task<IResult> WorkAsync(Call call)
    {
        WorkWantedV1 want = Want(call);
        double wait = Math.Min(call.Arguments.Number("wait") ?? double.MaxValue, options.LongestWait.TotalSeconds);
        if (wait < 1) call.Arguments.Fault("wait", "must be 1 or more");
        call.ThrowIfFaulty();
        using CancellationTokenSource hangUp = CancellationTokenSource.CreateLinkedTokenSource(call.Aborted, lifetime.ApplicationStopping);
        WorkFound found = await lines.WaitAsync(call.ScanId, want, TimeSpan.FromSeconds(wait), hangUp.Token);
        await RefuseOverAsync(call, found.State);
        return found.Lease is { } lease && !hangUp.IsCancellationRequested ? Batch(call, lease) : Results.NoContent();
    }

    private async Task<IResult> TendAsync(Call call, string argument)
    {
        WorkWantedV1 want = Want(call);
        long[] leases = Leases(call.Arguments, argument);
        if (argument == "leases") call.Arguments.Require(argument);
        call.ThrowIfFaulty();
        TendLeasesV1 request = argument == "held" ? new(want.WorkerId, want.Slots, leases, []) : new(want.WorkerId, want.Slots, [], leases);
        LeasesTendedV1 tended = await Scan(call).TendLeases(request);
        await RefuseOverAsync(call, tended.State);
        return Answers.Of(new { over = tended.Over, lease_seconds = tended.Seconds });
    }

    private async Task<IResult> RecosAsync(Call call)
    {
        byte[] body = await ReadAsync(call);
        RecoBatchV1 batch = Parse(body);
        if (batch.ScanId != call.ScanId) call.Arguments.Fault("scan_id", "is not the scan that the path names");
        if (!IsName(batch.WorkerId)) call.Arguments.Fault("worker_id", $"must be 1 to {GatewayNames.MaxWorkerName} printable characters");
        if (batch.BatchNumber < 1) call.Arguments.Fault("batch_number", "must be the number of a lease");
        bool wantsNext = call.Arguments.Boolean("next") ?? false;
        call.ThrowIfFaulty();
        LeaseSettledV1 settled = await Scan(call).SettleLease(new(body, wantsNext));
        if (settled.Next is { } next)
        {
            // Where there was work for this one there may be some for those who stand in line.
            lines.Nudge(call.ScanId);
            // A worker that went away meanwhile never hears of it.
            if (call.Aborted.IsCancellationRequested) await lines.GiveBackAsync(call.ScanId, new(batch.WorkerId, batch.Slots), next.Number);
            return Batch(call, next);
        }

        if (settled.IsTaken) return Answers.Of(new { lease = batch.BatchNumber });
        await RefuseOverAsync(call, settled.State);
        throw new ApiException(StatusCodes.Status409Conflict, "the lease is over, somebody else does this work; drop it");
    }

    /// <exception cref="ApiException">404 or 410: there is nothing more to do for this scan.</exception>
    private async Task RefuseOverAsync(Call call, string state)
    {
        bool isOver = state is not (ScanActorState.Scanning or ScanActorState.NotOpen);
        if (state is ScanActorState.NotOpen)
        {
            ScanManifest manifest = await manifests.FindAsync(call);
            isOver = manifest.Complete || manifest.IsDeleted;
        }

        if (isOver) throw new ApiException(StatusCodes.Status410Gone, "the scan is over");
    }

    private static IResult Batch(Call call, LeaseV1 lease)
    {
        IHeaderDictionary headers = call.Http.Response.Headers;
        headers[GatewayNames.LeaseHeader] = lease.Number.ToString(CultureInfo.InvariantCulture);
        headers[GatewayNames.LeaseSecondsHeader] = lease.Seconds.ToString(CultureInfo.InvariantCulture);
        if (lease.Trace is { } trace) headers[GatewayNames.TraceHeader] = trace;
        headers.CacheControl = "no-store";
        return Results.Bytes(lease.Batch, MessageTypes.Protobuf);
    }

    private IScanActor Scan(Call call) => actors.CreateActorProxy<IScanActor>(new ActorId(call.ScanId), ActorTypes.Scan);

    private static WorkWantedV1 Want(Call call)
    {
        call.Arguments.Require(Worker.Name);
        call.Arguments.Require(Slots.Name);
        string? worker = call.Arguments.Text(Worker.Name);
        long? slots = call.Arguments.Integer(Slots.Name);
        if (worker is not null && !IsName(worker)) call.Arguments.Fault(Worker.Name, $"must be 1 to {GatewayNames.MaxWorkerName} printable characters");
        if (slots is < 1 or > GatewayNames.MaxSlots) call.Arguments.Fault(Slots.Name, $"must be from 1 to {GatewayNames.MaxSlots}");
        return new(worker ?? "", (int)Math.Clamp(slots ?? 1, 1, GatewayNames.MaxSlots));
    }

    private static bool IsName(string name) => name.Length is > 0 and <= GatewayNames.MaxWorkerName && name.All(c => c is > ' ' and <= '~');

    private static long[] Leases(Arguments arguments, string name)
    {
        if (arguments.Any(name) is not { } value) return [];
        long number = 0;
        if (value.ValueKind is JsonValueKind.Array && value.GetArrayLength() <= GatewayNames.MaxSlots
            && value.EnumerateArray().All(e => e.ValueKind is JsonValueKind.Number && e.TryGetInt64(out number) && number > 0))
            return [.. value.EnumerateArray().Select(e => e.GetInt64())];
        arguments.Fault(name, $"must be a list of at most {GatewayNames.MaxSlots} numbers of leases");
        return [];
    }

    private static async Task<byte[]> ReadAsync(Call call)
    {
        // The server enforces the size while it reads.
        using MemoryStream buffer = new();
        await call.Http.Request.Body.CopyToAsync(buffer, call.Aborted);
        return buffer.ToArray();
    }

    private static RecoBatchV1 Parse(byte[] body)
    {
        try
        {
            return RecoBatchV1.Parser.ParseFrom(body);
        }
        catch (InvalidProtocolBufferException)
        {
            throw new ApiException(StatusCodes.Status400BadRequest, $"the body is not a {MessageTypes.RecoBatchV1}");
        }
    }
}
