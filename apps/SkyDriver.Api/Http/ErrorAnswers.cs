using System.Text.RegularExpressions;
using Dapr;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace SkyDriver.Api.Http;

/// <summary>One form for every error: <c>{"code", "error"}</c>, in the fleet with a few members more, with the same reason in the status line, which is all that some clients print.</summary>
internal static partial class ErrorAnswers
{
    private const int MaxReasonPhrase = 500;
    private const string RetryAfterSeconds = "5";

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
            catch (Exception fault) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
            {
                await AnswerAsync(context, fault, logger);
            }
        });
    }

    private static Task AnswerAsync(HttpContext context, Exception fault, ILogger logger)
    {
        switch (fault)
        {
            case ApiException refused:
                if (refused.Status is StatusCodes.Status503ServiceUnavailable) context.Response.Headers.RetryAfter = RetryAfterSeconds;
                return WriteAsync(context, refused.Status, refused.Message, refused.Details);
            case BadHttpRequestException refused:
                return WriteAsync(context, refused.StatusCode, refused.StatusCode == StatusCodes.Status413PayloadTooLarge ? "the body is too large" : "the request could not be read");
            case RegexMatchTimeoutException:
                return WriteAsync(context, StatusCodes.Status400BadRequest, "'filter': a $regex takes too long; give a simpler one");
            case DaprException or HttpRequestException or TimeoutException or TaskCanceledException { InnerException: TimeoutException }:
                LogAway(logger, Route(context), fault);
                context.Response.Headers.RetryAfter = RetryAfterSeconds;
                return WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "a part of the service is away or overloaded; try again");
            default:
                LogFault(logger, Route(context), fault);
                return WriteAsync(context, StatusCodes.Status500InternalServerError, "internal error; the service's log has it");
        }
    }

    // Never the path itself: it is whatever somebody sent.
    private static string Route(HttpContext context) => context.GetEndpoint()?.DisplayName ?? "no route";

    private static Task WriteAsync(HttpContext context, int status, string reason, IReadOnlyDictionary<string, object?>? details = null)
    {
        context.Response.Headers.Remove("ETag");
        context.Response.StatusCode = status;
        if (context.Features.Get<IHttpResponseFeature>() is { } response) response.ReasonPhrase = Phrase(reason);
        return context.GetEndpoint()?.Metadata.GetMetadata<CallInfo>() is { IsFleet: true }
            ? context.Response.WriteAsJsonAsync(Problem(status, reason, details), options: null, "application/problem+json; charset=utf-8")
            : context.Response.WriteAsJsonAsync(new { code = status, error = reason });
    }

    /// <summary>What older clients of the fleet read (<c>message</c>), what the rest of this service says, and the members of problem details.</summary>
    private static Dictionary<string, object?> Problem(int status, string reason, IReadOnlyDictionary<string, object?>? details)
    {
        Dictionary<string, object?> body = new()
        {
            ["message"] = reason,
            ["code"] = status,
            ["error"] = reason,
            ["type"] = "about:blank",
            ["title"] = ReasonPhrases.GetReasonPhrase(status),
            ["status"] = status,
            ["detail"] = reason,
        };
        foreach ((string name, object? value) in details ?? new Dictionary<string, object?>()) body[name] = value;
        return body;
    }

    private static string Phrase(string reason)
    {
        string oneLine = string.Concat(reason.Select(c => c is >= ' ' and <= '~' ? c : ' '));
        return oneLine.Length <= MaxReasonPhrase ? oneLine : oneLine[..MaxReasonPhrase];
    }

    [LoggerMessage(1, LogLevel.Warning, "{Route}: the store or the orchestrator did not answer")]
    private static partial void LogAway(ILogger logger, string route, Exception fault);

    [LoggerMessage(2, LogLevel.Error, "{Route}: internal error")]
    private static partial void LogFault(ILogger logger, string route, Exception fault);
}
