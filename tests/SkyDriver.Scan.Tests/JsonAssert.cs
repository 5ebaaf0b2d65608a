using System.Text.Json;

namespace SkyDriver.Scan.Tests;

internal static class JsonAssert
{
    /// <summary>Same members, same order of elements, numbers spelled the same; the order of members does not matter.</summary>
    public static void Same(JsonElement expected, JsonElement actual, string path)
    {
        Assert.True(expected.ValueKind == actual.ValueKind, $"{path}: {expected.GetRawText()} became {actual.GetRawText()}");
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                Assert.True(
                    expected.EnumerateObject().Select(p => p.Name).Order().SequenceEqual(actual.EnumerateObject().Select(p => p.Name).Order()),
                    $"{path}: keys {string.Join(", ", expected.EnumerateObject().Select(p => p.Name))} became {string.Join(", ", actual.EnumerateObject().Select(p => p.Name))}");
                foreach (JsonProperty member in expected.EnumerateObject()) Same(member.Value, actual.GetProperty(member.Name), $"{path}/{member.Name}");
                break;
            case JsonValueKind.Array:
                Assert.True(expected.GetArrayLength() == actual.GetArrayLength(), $"{path}: {expected.GetArrayLength()} elements became {actual.GetArrayLength()}");
                int i = 0;
                foreach (JsonElement element in expected.EnumerateArray()) Same(element, actual[i], $"{path}/{i++}");
                break;
            default:
                Assert.True(expected.GetRawText() == actual.GetRawText(), $"{path}: {expected.GetRawText()} became {actual.GetRawText()}");
                break;
        }
    }
}
