using System.Text.Json;
using System.Text.Json.Serialization;
using SkyDriver.HtCondor.Submissions;

namespace SkyDriver.HtCondor.Jobs;

/// <summary>Reads a job ad; a value of another kind than expected, such as an expression that was not evaluated, counts as absent.</summary>
internal sealed class JobAdConverter : JsonConverter<JobAd>
{
    public override JobAd Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException("a job is no object");
        JobAd ad = new();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            Set(ad, name, ref reader);
            // The whole job is there before this is called; the plain Skip does not know that.
            _ = reader.TrySkip();
        }

        return ad;
    }

    public override void Write(Utf8JsonWriter writer, JobAd value, JsonSerializerOptions options) => throw new NotSupportedException("Job ads are only read.");

    private static void Set(JobAd ad, string name, ref Utf8JsonReader reader)
    {
        switch (name)
        {
            case "ClusterId": ad.ClusterId = Id(ref reader); break;
            case "ProcId": ad.ProcId = Id(ref reader); break;
            case "JobStatus": ad.JobStatus = Number(ref reader); break;
            case "Owner": ad.Owner = Text(ref reader); break;
            case "EnteredCurrentStatus": ad.EnteredCurrentStatus = Number(ref reader); break;
            case "CompletionDate": ad.CompletionDate = Number(ref reader); break;
            case "ExitBySignal": ad.ExitBySignal = reader.TokenType is JsonTokenType.True or JsonTokenType.False ? reader.GetBoolean() : null; break;
            case "ExitCode": ad.ExitCode = Number(ref reader); break;
            case "ExitSignal": ad.ExitSignal = Number(ref reader); break;
            case "HoldReason": ad.HoldReason = Text(ref reader); break;
            case "HoldReasonCode": ad.HoldReasonCode = Number(ref reader); break;
            case "HoldReasonSubCode": ad.HoldReasonSubCode = Number(ref reader); break;
            case "LastHoldReasonCode": ad.LastHoldReasonCode = Number(ref reader); break;
            case "StageInFinish": ad.StageInFinish = Number(ref reader); break;
            case "RemoveReason": ad.RemoveReason = Text(ref reader); break;
            case "RemoteHost": ad.RemoteHost = Text(ref reader); break;
            case "LastRemoteHost": ad.LastRemoteHost = Text(ref reader); break;
            case "QDate": ad.QDate = Number(ref reader); break;
            case JobAttributes.Instance: ad.Instance = Text(ref reader); break;
            case JobAttributes.ScanId: ad.ScanId = Text(ref reader); break;
            case JobAttributes.Key: ad.Key = Text(ref reader); break;
            case JobAttributes.Count: ad.Count = Number(ref reader); break;
        }
    }

    private static int Id(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int id) && id >= 0 ? id : throw new JsonException("a job's number is none");

    private static long? Number(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long number) ? number : null;

    private static string? Text(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
}
