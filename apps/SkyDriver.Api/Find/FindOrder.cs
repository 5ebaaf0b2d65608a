using System.Text.Json;
using SkyDriver.Api.Http;

namespace SkyDriver.Api.Find;

/// <summary>By which members an answer is sorted.</summary>
internal sealed class FindOrder(IReadOnlyList<(string[] Path, int Direction)> members) : IComparer<IReadOnlyList<JsonElement?>>
{
    private const int MaxMembers = 5;
    private const int MaxName = 100;

    /// <returns>Null when nothing was said, or what was said is a fault.</returns>
    public static FindOrder? Read(Arguments arguments)
    {
        if (arguments.Any("sort") is not { } given) return null;
        List<(string, int)>? members = given.ValueKind switch
        {
            JsonValueKind.String => [given.GetString()!.StartsWith('-') ? (given.GetString()![1..], -1) : (given.GetString()!, 1)],
            JsonValueKind.Object => [.. given.EnumerateObject().Select(m => (m.Name, Direction(m.Value)))],
            JsonValueKind.Array when given.EnumerateArray().All(p => p.ValueKind is JsonValueKind.Array && p.GetArrayLength() == 2 && p[0].ValueKind is JsonValueKind.String) =>
                [.. given.EnumerateArray().Select(p => (p[0].GetString()!, Direction(p[1])))],
            _ => null,
        };
        if (members is { Count: > 0 and <= MaxMembers } && members.TrueForAll(m => m.Item2 != 0 && m.Item1.Length is > 0 and <= MaxName && m.Item1[0] != '$'))
            return new([.. members.Select(m => (m.Item1.Split('.'), m.Item2))]);
        arguments.Fault("sort", $"must be the name of a member, with '-' before it for falling order, or up to {MaxMembers} pairs of name and 1 or -1");
        return null;
    }

    public IReadOnlyList<JsonElement?> KeyOf(JsonElement document) =>
        [.. members.Select(m => DocumentPath.Values(document, m.Path) is [var first, ..] ? first.Clone() : (JsonElement?)null)];

    public int Compare(IReadOnlyList<JsonElement?>? x, IReadOnlyList<JsonElement?>? y)
    {
        for (int i = 0; i < members.Count; i++)
        {
            int order = JsonOrder.Compare(x![i], y![i]) * members[i].Direction;
            if (order != 0) return order;
        }

        return 0;
    }

    private static int Direction(JsonElement value) => value.ValueKind is JsonValueKind.Number && value.TryGetInt32(out int direction) && direction is 1 or -1 ? value.GetInt32() : 0;
}
