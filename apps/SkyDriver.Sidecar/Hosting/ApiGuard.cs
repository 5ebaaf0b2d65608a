using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using SkyDriver.Grpc;

namespace SkyDriver.Sidecar.Hosting;

/// <summary>What every request passes before its endpoint: the caller's token, and refusals as Dapr words them.</summary>
internal static class ApiGuard
{
    private const string TokenHeader = "dapr-api-token";

    public static async Task HttpAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            context.Request.Path = Normalise(context.Request.Path);
            Log(context);
            if (!HasToken(context) && context.Request.Path.Value is not ("/v1.0/healthz" or "/v1.0/healthz/outbound")) throw DaprErrors.InvalidToken();
            await next(context);
        }
        catch (DaprFault fault) when (!context.Response.HasStarted)
        {
            await DaprErrors.WriteAsync(context, fault);
        }
        catch (BadHttpRequestException fault) when (!context.Response.HasStarted)
        {
            await DaprErrors.WriteAsync(context, fault.StatusCode is StatusCodes.Status413PayloadTooLarge
                ? DaprErrors.BodyTooLarge(context.Sidecar().Settings.MaxBodySize)
                : DaprErrors.MalformedRequest(fault.Message));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Abort();
        }
        catch (Exception fault)
        {
            context.Sidecar().Loggers.CreateLogger("dapr.api").LogError(fault, "{Method} {Path} failed.", context.Request.Method, context.Request.Path);
            if (context.Response.HasStarted) context.Abort();
            else await DaprErrors.WriteAsync(context, new DaprFault("ERR_INTERNAL", 500, StatusCode.Internal, fault.Message));
        }
    }

    public static Task GrpcAsync(HttpContext context, RequestDelegate next)
    {
        Log(context);
        return HasToken(context) ? next(context) : GrpcStatusAnswer.WriteAsync(context, DaprErrors.InvalidToken().Status);
    }

    /// <summary>Checks the token and takes it off the request, so that it is never passed on.</summary>
    private static bool HasToken(HttpContext context)
    {
        string given = context.Request.Headers[TokenHeader].ToString();
        if (given.Length > 0) context.Request.Headers.Remove(TokenHeader);
        string? wanted = context.Sidecar().Settings.ApiToken;
        return string.IsNullOrEmpty(wanted) || CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(wanted));
    }

    private static void Log(HttpContext context)
    {
        if (context.Sidecar().Settings.ApiLogging)
        {
            context.Sidecar().Loggers.CreateLogger("dapr.api").LogInformation("{App}: {Method} {Path}", context.Instance().AppId, context.Request.Method, context.Request.Path);
        }
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
