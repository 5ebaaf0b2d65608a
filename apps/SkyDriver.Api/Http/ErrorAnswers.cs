using Dapr;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace SkyDriver.Api.Http;

/// <summary>One form for every error: <c>{"code", "error"}</c>, with the same reason in the status line, which is all that some clients print.</summary>
internal static partial class ErrorAnswers
{
    private const int MaxReasonPhrase = 500;

    public static void UseErrorAnswers(this WebApplication app)
    {
        ILogger logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("SkyDriver.Api");
        app.Use(async (context, next) =>
        {
            try
            {
                await next(context);
                if (context.Response is { StatusCode: >= 400, HasStarted: false, ContentType: null })
                {
                    await WriteAsync(context, context.Response.StatusCode, ReasonPhrases.GetReasonPhrase(context.Response.StatusCode));
                }
            }
            catch (ApiException refused) when (!context.Response.HasStarted)
            {
                await WriteAsync(context, refused.Status, refused.Message);
            }
            catch (BadHttpRequestException refused) when (!context.Response.HasStarted)
            {
                await WriteAsync(context, refused.StatusCode, refused.StatusCode == 413 ? "the body is too large" : "the request could not be read");
            }
            catch (DaprException away) when (!context.Response.HasStarted)
            {
                LogStoreAway(logger, context.Request.Path, away);
                context.Response.Headers.RetryAfter = "5";
                await WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "the service cannot reach its store; try again");
            }
            catch (Exception fault) when (fault is not OperationCanceledException && !context.Response.HasStarted)
            {
                LogFault(logger, context.Request.Path, fault);
                await WriteAsync(context, StatusCodes.Status500InternalServerError, "internal error; the service's log has it");
            }
        });
    }

    private static Task WriteAsync(HttpContext context, int status, string reason)
    {
        context.Response.StatusCode = status;
        if (context.Features.Get<IHttpResponseFeature>() is { } response) response.ReasonPhrase = Phrase(reason);
        return context.Response.WriteAsJsonAsync(new { code = status, error = reason });
    }

    private static string Phrase(string reason)
    {
        string oneLine = string.Concat(reason.Select(c => c is >= ' ' and <= '~' ? c : ' '));
        return oneLine.Length <= MaxReasonPhrase ? oneLine : oneLine[..MaxReasonPhrase];
    }

    [LoggerMessage(1, LogLevel.Warning, "{Path}: the store did not answer")]
    private static partial void LogStoreAway(ILogger logger, string path, Exception fault);

    [LoggerMessage(2, LogLevel.Error, "{Path}: internal error")]
    private static partial void LogFault(ILogger logger, string path, Exception fault);
}
