using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using SkyDriver.Grpc;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Hosting;

/// <summary>What every request passes before its endpoint: the caller's token, what is open, and refusals as Dapr words them.</summary>
internal static class ApiGuard
{
    private const string TokenHeader = "dapr-api-token";

    public static async Task HttpAsync(HttpContext context, RequestDelegate next)
    {
        InstanceSidecar sidecar = context.Sidecar();
        try
        {
            context.Request.Path = Normalise(context.Request.Path);
            string path = context.Request.Path.Value ?? "/";
            bool isHealth = path is "/v1.0/healthz" or "/v1.0/healthz/outbound";
            if (!HasToken(context) && !isHealth) throw DaprErrors.InvalidToken();
            if (sidecar.Rules is { } rules && !rules.AllowsHttp(path, context.Request.Headers.ContainsKey("dapr-app-id"))) throw DaprErrors.ApiDenied();
            await next(context);
            if (sidecar.LogsApi) Log(context, isHealth);
        }
        catch (DaprFault fault) when (!context.Response.HasStarted)
        {
            await DaprErrors.WriteAsync(context, fault);
        }
        catch (BadHttpRequestException fault) when (!context.Response.HasStarted)
        {
            await DaprErrors.WriteAsync(context, fault.StatusCode is StatusCodes.Status413PayloadTooLarge
                ? DaprErrors.BodyTooLarge(sidecar.Settings.MaxBodySize)
                : DaprErrors.MalformedRequest(fault.Message));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Abort();
        }
        catch (Exception fault)
        {
            // What went wrong inside is for the log: it may hold paths, or secrets of components.
            sidecar.Loggers.CreateLogger("dapr.api").LogError(fault, "{Method} {Path} failed.", context.Request.Method, context.Request.Path);
            if (context.Response.HasStarted) context.Abort();
            else await DaprErrors.WriteAsync(context, new DaprFault("ERR_INTERNAL", 500, StatusCode.Internal, "internal error; the sidecar's log says more"));
        }
    }

    public static async Task GrpcAsync(HttpContext context, RequestDelegate next)
    {
        InstanceSidecar sidecar = context.Sidecar();
        if (!HasToken(context)) await GrpcStatusAnswer.WriteAsync(context, DaprErrors.InvalidToken().Status);
        else if (sidecar.Rules is { } rules && !rules.AllowsGrpc(context.Request.Path.Value ?? "/")) await GrpcStatusAnswer.WriteAsync(context, DaprErrors.ApiDenied().Status);
        else await next(context);
        if (sidecar.LogsApi) Log(context, isHealth: false);
    }

    /// <summary>Checks the token and takes it off the request, so that it is never passed on.</summary>
    private static bool HasToken(HttpContext context)
    {
        string given = context.Request.Headers[TokenHeader].ToString();
        if (given.Length > 0) context.Request.Headers.Remove(TokenHeader);
        string? wanted = context.Sidecar().Settings.ApiToken;
        return string.IsNullOrEmpty(wanted) || CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(wanted));
    }

    private static void Log(HttpContext context, bool isHealth)
    {
        InstanceSidecar sidecar = context.Sidecar();
        ApiLogging rules = sidecar.Resources.Configuration.ApiLogging;
        if (isHealth && rules.OmitHealthChecks) return;
        string? what = rules.ObfuscateUrls ? (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText : context.Request.Path.Value;
        sidecar.Loggers.CreateLogger("dapr.api").LogInformation("{App}: {Method} {Path}", sidecar.Instance.AppId, context.Request.Method, what);
    }

    /// <summary>Several slashes count as one, and one at the end as none.</summary>
    private static PathString Normalise(PathString path)
    {
        string text = path.Value ?? "/";
        if (!text.Contains("//", StringComparison.Ordinal) && !(text.Length > 1 && text.EndsWith('/'))) return path;
        StringBuilder normal = new(text.Length);
        foreach (char c in text)
        {
            if (c is not '/' || normal.Length == 0 || normal[^1] is not '/') normal.Append(c);
        }

        if (normal.Length > 1 && normal[^1] is '/') normal.Length--;
        return normal.ToString();
    }
}
