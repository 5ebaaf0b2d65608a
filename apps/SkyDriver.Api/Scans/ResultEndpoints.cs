using System.Text.Json;
using SkyDriver.Api.Http;
using SkyDriver.Hosting.State;

namespace SkyDriver.Api.Scans;

/// <summary><c>/scan/result/ID</c>.</summary>
internal static class ResultEndpoints
{
    private const long MaxResultBytes = 128 << 20;

    public static void MapResults(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/scan/result/{id}", Get);
        routes.MapDelete("/scan/result/{id}", Delete);
        routes.MapPut("/scan/result/{id}", Put);
        routes.MapPut("/scan/{id}/result", Put);
    }

    private static async Task<IResult> Get(string id, HttpContext context, ScanStore scans, ResultStore results)
    {
        Arguments arguments = await Arguments.ReadAsync(context.Request);
        bool deleted = arguments.Boolean("include_deleted") ?? false;
        arguments.ThrowIfFaulty();
        await ManifestEndpoints.FindAsync(scans, id, context.RequestAborted);
        StoredResult stored = await results.LoadAsync(id, context.RequestAborted) ?? throw ApiException.NotFound("the scan has no result yet");
        if (stored.Index.IsDeleted && !deleted) throw ApiException.NotFound("the result was deleted; ask with include_deleted to see it");
        return Write(stored);
    }

    private static async Task<IResult> Delete(string id, HttpContext context, ScanStore scans, ResultStore results)
    {
        await Arguments.RefuseAnyAsync(context.Request);
        await ManifestEndpoints.FindAsync(scans, id, context.RequestAborted);
        await results.SetDeletedAsync(id, deleted: true, context.RequestAborted);
        return Write(await results.LoadAsync(id, context.RequestAborted) ?? throw ApiException.NotFound("the scan has no result"));
    }

    private static async Task<IResult> Put(string id, HttpContext context, ScanStore scans, ResultStore results)
    {
        Arguments arguments = await Arguments.ReadAsync(context.Request, MaxResultBytes);
        arguments.RefuseUnknown("skyscan_result", "is_final");
        arguments.Require("skyscan_result");
        arguments.Require("is_final");
        JsonElement? result = arguments.Object("skyscan_result");
        bool? final = arguments.Boolean("is_final");
        arguments.ThrowIfFaulty();
        await ManifestEndpoints.FindAsync(scans, id, context.RequestAborted);
        if (!result!.Value.EnumerateObject().Any()) return Results.Json(new object());
        await results.SaveAsync(id, JsonText.Raw(result.Value), final!.Value, context.RequestAborted);
        if (final.Value)
        {
            await scans.UpdateManifestAsync(id, m => m.Lifecycle.HasFinalResult ? null : m with { Lifecycle = m.Lifecycle with { HasFinalResult = true } }, context.RequestAborted);
        }

        return Write(await results.LoadAsync(id, context.RequestAborted) ?? throw ApiException.NotFound("the scan has no result"));
    }

    // The tables go out as they are stored: parsing tens of megabytes to print them again would only cost.
    private static IResult Write(StoredResult stored) => Results.Stream(
        async body =>
        {
            await body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(new { scan_id = stored.Index.ScanId, is_deleted = stored.Index.IsDeleted, is_final = stored.Index.IsFinal }).AsMemory()[..^1]);
            await body.WriteAsync(",\"skyscan_result\":"u8.ToArray());
            await body.WriteAsync(stored.SkyscanResult);
            await body.WriteAsync("}"u8.ToArray());
        },
        "application/json; charset=UTF-8");
}
