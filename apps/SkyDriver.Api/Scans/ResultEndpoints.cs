using SkyDriver.Api.Auth;
using SkyDriver.Api.Http;
using SkyDriver.Api.Live;
using SkyDriver.Api.Upkeep;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;
using SkyDriver.Hosting.Workflows;

namespace SkyDriver.Api.Scans;

/// <summary>Results, in the first generation's place (<c>/scan/result/ID</c>) and in today's (<c>/scan/ID/result</c>).</summary>
internal sealed partial class ResultEndpoints(
    Manifests manifests, ScanStore scans, ResultStore results, LifecycleClient lifecycles, ScanAnnouncer announcer, SpareMemory memory, ILogger<ResultEndpoints> logger)
{
    /// <summary>Results reach tens of megabytes.</summary>
    private const long MaxResultBytes = 128 << 20;

    public void Map(IEndpointRouteBuilder routes)
    {
        CallInfo put = new("Stores a result; a partial one never replaces a final one.", Role.Internal)
        {
            StreamsBody = true,
            MaxBodyBytes = MaxResultBytes,
            Arguments = [new(ResultUpload.Tables, "object", "The tables, kept as they are.", Required: true), new(ResultUpload.IsFinal, "boolean", "Nothing better will come.", Required: true)],
        };
        routes.MapCall("GET", "/scan/result/{id}", new("The result; reading a final one lets the workers go.", Role.User) { Arguments = [Argument.IncludeDeleted] }, GetFirstAsync);
        routes.MapCall("DELETE", "/scan/result/{id}", new("Hides the result.", Role.User), DeleteAsync);
        routes.MapCall("PUT", "/scan/result/{id}", put, call => PutAsync(call, isFirst: true));
        routes.MapCall("GET", "/scan/{id}/result", new("The result, or an empty object while there is none.", Role.User) { Redirects = true, Arguments = [Argument.IncludeDeleted] }, GetAsync);
        routes.MapCall("PUT", "/scan/{id}/result", put, call => PutAsync(call, isFirst: false));
    }

    private async Task<IResult> GetFirstAsync(Call call)
    {
        bool deleted = call.Arguments.Boolean(Argument.IncludeDeleted.Name) ?? false;
        call.ThrowIfFaulty();
        ScanManifest manifest = await manifests.FindAsync(call);
        ResultIndexV1 index = await results.GetIndexAsync(call.ScanId, call.Aborted) ?? throw ApiException.NotFound("the scan has no result yet");
        if (index.IsDeleted && !deleted) throw ApiException.NotFound("the result was deleted; ask with include_deleted to see it");
        if (index.IsFinal && !manifest.Complete && manifest.Lifecycle.Phase is not ScanPhase.TearingDown) await TellReadAsync(call);
        return await ShowAsync(call, index, withDeleted: true);
    }

    private async Task<IResult> GetAsync(Call call)
    {
        bool deleted = call.Arguments.Boolean(Argument.IncludeDeleted.Name) ?? false;
        call.ThrowIfFaulty();
        await manifests.FindAsync(call, deleted);
        if (await results.GetIndexAsync(call.ScanId, call.Aborted) is not { } index) return Answers.Of(new { });
        if (index.IsDeleted && !deleted) throw ApiException.NotFound("the result was deleted; ask with include_deleted to see it");
        return await ShowAsync(call, index, withDeleted: false);
    }

    private async Task<IResult> DeleteAsync(Call call)
    {
        call.ThrowIfFaulty();
        await manifests.FindAsync(call);
        await results.SetDeletedAsync(call.ScanId, deleted: true, call.Aborted);
        return await ShowAsync(call, index: null, withDeleted: true);
    }

    private async Task<IResult> PutAsync(Call call, bool isFirst)
    {
        await manifests.FindAsync(call);
        // What a refused or broken request leaves behind is taken back.
        await using ResultWriting writing = results.Begin(call.ScanId);
        ResultUpload upload = new(writing.Content);
        await upload.ReadAsync(call.Http.Request.Body, call.Aborted);
        bool isFinal = Judge(upload, call);
        if (upload.IsEmpty) return Answers.Of(new { });
        await StoreAsync(call, writing, isFinal);
        return await ShowAsync(call, index: null, withDeleted: isFirst);
    }

    private static bool Judge(ResultUpload upload, Call call)
    {
        Arguments arguments = call.Arguments.With(upload.Members);
        if (upload.UnknownMembers > 0) arguments.Fault($"{upload.UnknownMembers} unknown argument(s); known are: {ResultUpload.IsFinal}, {ResultUpload.Tables}");
        if (!upload.HasTables)
        {
            arguments.Require(ResultUpload.Tables);
            arguments.Object(ResultUpload.Tables);
        }

        arguments.Require(ResultUpload.IsFinal);
        bool isFinal = arguments.Boolean(ResultUpload.IsFinal) ?? false;
        arguments.ThrowIfFaulty();
        return isFinal;
    }

    private async Task StoreAsync(Call call, ResultWriting writing, bool isFinal)
    {
        ResultIndexV1 index = await results.CommitAsync(writing, isFinal, call.Aborted);
        if (isFinal)
        {
            await scans.UpdateManifestAsync(call.ScanId, m => m.Lifecycle.HasFinalResult ? null : m with { Lifecycle = m.Lifecycle with { HasFinalResult = true } }, call.Aborted);
            await lifecycles.RaiseAsync(call.ScanId, WorkflowEvents.FinalResultStored, new ScannerReportedV1(call.ScanId), call.Aborted);
        }

        if (index.IsFinal == isFinal) await announcer.TellAsync(new() { ScanId = call.ScanId, Kind = ScanEventKind.Result, ResultRevision = index.Revision, IsFinal = isFinal });
    }

    /// <param name="index">When it is known already; a client that has this version gets no more.</param>
    private async Task<IResult> ShowAsync(Call call, ResultIndexV1? index, bool withDeleted)
    {
        if (index is not null && Answers.IsUnchanged(call, $"{index.Revision}-{index.Blob.Sha256[..16]}-{(index.IsDeleted ? "d" : "v")}")) return Answers.Unchanged();
        OpenResult result = await results.OpenAsync(call.ScanId, call.Aborted) ?? throw ApiException.NotFound("the scan has no result");
        // A newer one came in between.
        if (index is not null && result.Index.Revision != index.Revision) call.Http.Response.Headers.Remove("ETag");
        return Results.Stream(
            async body =>
            {
                await using BlobStream tables = result.SkyscanResult;
                await ResultBody.WriteAsync(body, result, withDeleted, call.Aborted);
                memory.Passed(result.Index.Blob.Length);
            },
            Answers.Json);
    }

    // Only a hint that saves time: whoever reads must not suffer when it gets lost.
    private async Task TellReadAsync(Call call)
    {
        try
        {
            await lifecycles.RaiseAsync(call.ScanId, WorkflowEvents.FinalResultRead, new ScannerReportedV1(call.ScanId), call.Aborted);
        }
        catch (HttpRequestException away)
        {
            LogNotTold(call.ScanId, away.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "scan {ScanId}: its life cycle was not told that the final result was read: {Reason}")]
    private partial void LogNotTold(string scanId, string reason);
}
