package network.guts.dht.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.List;
import network.guts.core.Bytes;
import network.guts.core.MalformedException;
import network.guts.core.PeerInfo;
import network.guts.dht.core.Parameters;
import network.guts.dht.core.Request;
import network.guts.dht.core.Response;

/** Requests and responses of remotes. */
class MessagesFuzzTest {
    @FuzzTest
    void request(byte[] data) {
        Request request;
        try {
            request = Messages.decodeRequest(data);
        } catch (MalformedException refused) {
            return;
        }
        byte[] encoded = Messages.encode(request);
        try {
            Request again = Messages.decodeRequest(encoded);
            if (encoded.length < Messages.MAX_WRITTEN - 1024) {
                assertThat(again).isEqualTo(request);
            }
        } catch (MalformedException e) {
            throw new AssertionError("a request is not read again: " + request, e);
        }
        if (request instanceof Request.AddProvider(Bytes key, List<PeerInfo> providers)) {
            assertThat(key.size()).isBetween(1, Parameters.MAX_KEY_BYTES);
            check(providers, Parameters.MAX_PROVIDERS);
        }
    }

    @FuzzTest
    void response(byte[] data) {
        Request asked = new Request.GetProviders(Bytes.of(new byte[] {1, 2, 3}));
        Response response;
        try {
            response = Messages.decodeResponse(asked, data);
        } catch (MalformedException refused) {
            return;
        }
        check(response.closer(), Parameters.MAX_CLOSER_PEERS);
        check(response.providers(), Parameters.MAX_PROVIDERS);
        byte[] encoded = Messages.encode(asked, response);
        assertThat(encoded).hasSizeLessThanOrEqualTo(Messages.MAX_WRITTEN + 16);
        try {
            Response again = Messages.decodeResponse(asked, encoded);
            assertThat(again.closer())
                    .isEqualTo(response.closer().subList(0, again.closer().size()));
            assertThat(again.providers())
                    .isEqualTo(response.providers().subList(0, again.providers().size()));
        } catch (MalformedException e) {
            throw new AssertionError("a response is not read again: " + response, e);
        }
    }

    private static void check(List<PeerInfo> peers, int most) {
        assertThat(peers).hasSizeLessThanOrEqualTo(most);
        for (PeerInfo peer : peers) {
            assertThat(peer.addresses())
                    .hasSizeLessThanOrEqualTo(Parameters.MAX_ADDRESSES)
                    .doesNotHaveDuplicates()
                    .allMatch(address -> address.peerId().isEmpty());
        }
    }
}
